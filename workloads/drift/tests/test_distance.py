import math

import numpy as np
import pytest
from scipy import stats

from drift.distance import ks, noise, psi


class TestPsi:
    # Worked by hand: the sum of (p - q) ln(p / q).
    @pytest.mark.parametrize(
        ("expected", "actual", "known"),
        [
            ([50, 50], [50, 50], 0.0),
            ([50, 50], [25, 75], 0.25 * math.log(2) - 0.25 * math.log(2 / 3)),
            ([50, 50], [75, 25], 0.25 * math.log(2) - 0.25 * math.log(2 / 3)),
            ([10] * 10, [1, 1, 1, 1, 1, 19, 19, 19, 19, 19], 5 * 0.09 * math.log(10) + 5 * 0.09 * math.log(1.9)),
            ([60, 30, 10], [30, 30, 40], 0.3 * math.log(2) + 0.3 * math.log(4)),
            ([600, 300, 100], [3, 3, 4], 0.3 * math.log(2) + 0.3 * math.log(4)),
        ],
    )
    def test_known_values(self, expected, actual, known):
        assert psi(expected, actual) == pytest.approx(known, abs=1e-12)

    def test_normal_moved_by_half_a_deviation(self):
        # Over ten bins a little is lost of the value of the densities, which is the square of the shift: 0.25.
        random = np.random.default_rng(0)
        edges = stats.norm.ppf(np.linspace(0.1, 0.9, 9))
        here, there = (
            np.bincount(np.searchsorted(edges, random.normal(mean, 1, 10**6)), minlength=10) for mean in (0, 0.5)
        )
        assert 0.23 < psi(here, there) < 0.25

    def test_is_symmetric_and_never_below_zero(self):
        random = np.random.default_rng(1)
        for _ in range(200):
            p, q = random.integers(0, 50, (2, 8)) + np.eye(8, dtype=int)[:2]
            assert psi(p, q) == pytest.approx(psi(q, p)) and psi(p, q) >= 0

    def test_an_empty_bin_is_finite_and_an_unused_one_changes_nothing(self):
        assert 0.3 < psi([1000, 0], [900, 100]) < 1.5
        assert psi([50, 50, 0], [25, 75, 0]) == pytest.approx(psi([50, 50], [25, 75]))

    @pytest.mark.parametrize(("p", "q"), [([0, 0], [1, 1]), ([1, 1], [0, 0]), ([1], [1, 1])])
    def test_needs_rows_in_the_same_bins(self, p, q):
        with pytest.raises(ValueError, match="same bins"):
            psi(p, q)


class TestNoise:
    def test_is_passed_by_chance_as_rarely_as_it_says(self):
        random = np.random.default_rng(2)
        limit = noise(10, 5000, 300, 1)
        shares = np.full(10, 0.1)
        passed = sum(
            psi(random.multinomial(5000, shares), random.multinomial(300, shares)) > limit for _ in range(4000)
        )
        assert passed / 4000 < 0.02

    def test_shrinks_with_rows_and_grows_with_comparisons(self):
        assert noise(10, 8000, 100, 1) > 0.2 > noise(10, 8000, 1000, 1)
        assert noise(10, 8000, 500, 100) > noise(10, 8000, 500, 1)
        assert noise(1, 8000, 100, 1) == 0


class TestKs:
    def test_agrees_with_scipy_on_the_samples(self):
        random = np.random.default_rng(3)
        here, there = random.normal(0, 1, 2000), random.normal(0.1, 1, 1500)
        edges = np.sort(np.concatenate([here, there]))
        counts = [np.bincount(np.searchsorted(edges, side), minlength=edges.size + 1) for side in (here, there)]
        expected = stats.ks_2samp(here, there, method="asymp")
        distance, p_value = ks(*counts)
        assert distance == pytest.approx(expected.statistic, abs=1e-12)
        assert p_value == pytest.approx(expected.pvalue, abs=0.005)

    def test_says_nothing_of_nothing(self):
        assert ks([0, 0], [1, 2]) is None
        assert ks([1, 2], [0, 0]) is None

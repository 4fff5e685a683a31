"""What the drift check leaves out because it can only have moved, and what it must not leave out."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest

from mlplatform.baseline import Baseline, BaselineError, CategoryColumn

ROWS = 1000
random = np.random.default_rng(5)
DAYS = [date(2026, 1, 1) + timedelta(days=int(day)) for day in random.integers(0, 200, ROWS)]

NOT_COMPARED = {
    "integer ids": ("customer", random.permutation(np.arange(ROWS)) + 500_000),
    "ids of which a split took some": ("row", np.sort(random.choice(2 * ROWS, ROWS, replace=False))),
    "ids that a gap made floats": ("customer", random.permutation(np.arange(ROWS, dtype=float))),
    "random ids by their name": ("account_id", random.choice(10**9, ROWS, replace=False)),
    "ids that repeat": ("orderId", random.integers(0, 30 * ROWS, 5 * ROWS)),
    "text ids": ("ticket", [f"T-{place}" for place in range(ROWS)]),
    "uuids that repeat": ("session", [f"{place % 300:08x}-1111-4111-8111-111111111111" for place in range(ROWS)]),
    "text dates": ("sold", [day.isoformat() for day in DAYS]),
    "dates": ("sold", DAYS),
    "dates as in Germany": ("sold", [f"{day:%d.%m.%Y}" for day in DAYS]),
    "dates as in the US": ("sold", [f"{day.month}/{day.day}/{day.year}" for day in DAYS]),
    "months": ("period", [f"{day:%Y-%m}" for day in DAYS]),
    "months by name": ("period", [f"{day:%b %Y}" for day in DAYS]),
    "months as numbers": ("period", [int(f"{day:%Y%m}") for day in DAYS]),
    "days as numbers": ("period", [int(f"{day:%Y%m%d}") for day in DAYS]),
    "quarters": ("period", [f"{day.year}-Q{1 + day.month // 4}" for day in DAYS]),
    "moments": ("seen", [f"{day.isoformat()}T12:00:00+02:00" for day in DAYS]),
    "seconds since 1970": ("seen", random.integers(1_700_000_000, 1_760_000_000, ROWS)),
    "the same few moments": ("created_at", random.choice([1_700_000_000.5, 1_700_000_100.0, 1_700_000_200.0], ROWS)),
    "dates of PostgreSQL": ("sold", [f"{day} 00:00:00+00" for day in DAYS]),
    "dates of a spreadsheet": ("sold", [f"{day:%m/%d/%Y} 12:00:00 AM" for day in DAYS]),
    "dates of mails": ("sold", [f"{day:%a, %d %b %Y} 00:00:00 GMT" for day in DAYS]),
    "dates of C": ("sold", [f"{day:%a %b} {day.day:2} 00:00:00 {day.year}" for day in DAYS]),
    "dates of Java": ("sold", [f"{day}T00:00+01:00[Europe/Berlin]" for day in DAYS]),
    "dates with a zone": ("sold", [f"{day} 00:00 CET" for day in DAYS]),
    "dates without signs": ("sold", [f"{day:%Y%m%d}T000000+0200" for day in DAYS]),
    "dates in German": ("sold", [f"{day.day}. Mai {day.year}" for day in DAYS]),
    "dates in Spanish": ("sold", [f"{day.day} de mayo de {day.year}" for day in DAYS]),
    "dates in French": ("sold", [f"{day.day} févr. {day.year}" for day in DAYS]),
    "dates in Italian": ("sold", [f"{day.day} gen {day.year}" for day in DAYS]),
    "dates in Polish": ("sold", [f"{day.day} września {day.year}" for day in DAYS]),
    "dates in Russian": ("sold", [f"{day.day} января {day.year}" for day in DAYS]),
    "dates in Japanese": ("sold", [f"{day.year}年{day.month}月{day.day}日" for day in DAYS]),
    "days of a year": ("sold", [f"{day:%Y-%j}" for day in DAYS]),
    "fiscal quarters": ("period", [f"FY{day.year}-Q{1 + day.month // 4}" for day in DAYS]),
    "short fiscal quarters": ("period", [f"FY{day:%y} Q{1 + day.month // 4}" for day in DAYS]),
    "weeks": ("period", [f"{day:%G-W%V}" for day in DAYS]),
    "weeks as in Germany": ("period", [f"KW {day:%V}/{day:%G}" for day in DAYS]),
    "months of a spreadsheet": ("period", [f"{day:%b-%y}" for day in DAYS]),
    "months and their years": ("period", [f"{day.month}/{day.year}" for day in DAYS]),
    "short dates": ("sold", [f"{day:%d.%m.%y}" for day in DAYS]),
    "short quarters": ("period", [f"Q{1 + day.month // 4} '26" for day in DAYS]),
    "seconds since 1970 as text": (
        "created_at",
        [str(1_700_000_000 + 86_400 * day.timetuple().tm_yday) for day in DAYS],
    ),
    "days since 1970": ("order_date", [(day - date(1970, 1, 1)).days for day in DAYS]),
    "digests that repeat": ("customer", [f"{place % 300:040x}" for place in range(ROWS)]),
    "ULIDs that repeat": ("customer", [f"01ARZ3NDEKTSV4RRFFQ69G{place % 300:04}" for place in range(ROWS)]),
    "objects that are UUIDs": ("customer", [UUID(int=place % 300) for place in range(ROWS)]),
    "decimals that are ids": ("customer", [Decimal(int(place)) for place in random.permutation(np.arange(ROWS))]),
    "lists": ("embedding", [[1.0, 2.0]] * ROWS),
    "arrays": ("embedding", list(np.ones((ROWS, 3)))),
}
COMPARED = {
    "numbers": ("amount", random.normal(size=ROWS)),
    "whole numbers that repeat": ("age", random.integers(18, 90, ROWS)),
    "whole numbers over a wide range": ("income", random.integers(10_000, 10_000_000, ROWS)),
    "few ids": ("store_id", random.integers(1, 40, ROWS)),
    "hours": ("hour", random.integers(0, 24, ROWS)),
    "months of a year": ("month", random.integers(1, 13, ROWS)),
    "years": ("built", random.integers(1950, 2026, ROWS)),
    "postcodes": ("postcode", random.choice([f"{code:05}" for code in range(10_000, 10_040)], ROWS)),
    "names of countries": ("country", random.choice(["NA", "None", "null", "n/a"], ROWS)),
    "versions": ("version", random.choice(["1.2.3", "1.10"], ROWS)),
    "decimals": ("price", [Decimal(int(cents)) / 100 for cents in random.integers(0, 9999, ROWS)]),
    "days of a process": ("age_days", random.integers(20_000, 20_200, ROWS)),
    "films and their years": ("film", random.choice(["Alien 1979", "Heat 1995", "Model 2026"], ROWS)),
    "words that months begin with": ("verb", random.choice(["may", "march", "august"], ROWS)),
    "phone numbers": ("line", random.choice(["0151 234 2026", "0160 235 2026"], ROWS)),
    "oils": ("oil", random.choice(["10W40", "15W40", "20W50"], ROWS)),
    "releases of Windows": ("win", random.choice(["22H2", "23H2", "24H2"], ROWS)),
    "places on a rack": ("slot", random.choice(["Q1 12", "Q1 13", "Q2 12"], ROWS)),
    "watts": ("lamp", random.choice(["W10-20", "W20-40"], ROWS)),
    "warranties": ("warranty", random.choice(["80 Years 2010", "10 Years 2010"], ROWS)),
    "terms": ("term", random.choice(["5 Years 2010", "10 Years 2020"], ROWS)),
    "decks": ("deck", random.choice(["Deck 12", "Deck 14"], ROWS)),
    "words longer than months": ("car", random.choice(["Marchetti 2010", "Mayfair 2012", "Octavia 2020"], ROWS)),
    "quarters that no year has": ("code", random.choice(["2010-Q7", "2020-H3", "2020-W60"], ROWS)),
    "versions of three numbers": ("version", random.choice(["0.14.10", "0.14.11"], ROWS)),
    "sizes of companies": ("staff", random.choice(["50-2000", "20-1999"], ROWS)),
    "clock": ("slot", random.choice(["09:00", "12:30"], ROWS)),
}


@pytest.mark.parametrize("kind", NOT_COMPARED)
def test_what_cannot_come_again_is_left_out_with_the_reason(kind):
    name, values = NOT_COMPARED[kind]
    baseline = Baseline.of({name: values, "x": random.normal(size=len(values))}, np.zeros(len(values)))
    assert list(baseline.features) == ["x"] and len(baseline.left_out[name]) > 10


@pytest.mark.parametrize("kind", COMPARED)
def test_what_comes_again_is_compared(kind):
    name, values = COMPARED[kind]
    baseline = Baseline.of({name: values}, np.zeros(len(values)))
    assert list(baseline.features) == [name], baseline.left_out


@pytest.mark.parametrize("last", ["unknown", "1234", "1_700_000_000"])
def test_one_text_among_thousands_of_moments_is_a_value_like_any_other(last):
    texts = [str(1_700_000_000 + place) for place in range(2500)]
    baseline = Baseline.of({"seen": [*texts, last], "x": random.normal(size=2501)}, np.zeros(2501))
    assert baseline.left_out == {"seen": "its 2501 values are nearly all different"}
    baseline = Baseline.of({"code": [*texts, last] * 3}, np.zeros(3 * 2501))
    assert list(baseline.features) == ["code"]


def test_a_project_may_say_so_of_any_column():
    given = {"a": random.normal(size=ROWS), "id": np.arange(ROWS)}
    assert list(Baseline.of(given, np.zeros(ROWS), columns={"a": "ignore", "id": "compare"}).features) == ["id"]
    with pytest.raises(BaselineError, match="no column is named b"):
        Baseline.of(given, np.zeros(ROWS), columns={"b": "ignore"})
    with pytest.raises(BaselineError, match="ignore or compare, not a: 'skip'"):
        Baseline.of(given, np.zeros(ROWS), columns={"a": "skip"})


@pytest.mark.parametrize(
    "answers",
    [
        [f"an answer of its own {place}" for place in range(ROWS)],
        [[0.5] * (1 + place % 3) for place in range(ROWS)],
        [{"text": f"{place} times", "score": 0.5} for place in range(ROWS)],
    ],
    ids=["unique text", "lists of several lengths", "objects"],
)
def test_answers_that_cannot_be_compared_keep_no_baseline_from_being_made(answers):
    baseline = Baseline.of({"x": random.normal(size=ROWS)}, answers)
    assert "predictions.prediction" in baseline.left_out or "predictions.text" in baseline.left_out
    assert set(baseline.predictions) <= {"score"}
    assert Baseline.from_json(baseline.to_json()).left_out == baseline.left_out


def test_two_columns_of_one_name_are_left_out():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(random.normal(size=(ROWS, 3)), columns=["a", "a", "b"])
    baseline = Baseline.of(frame, frame.set_axis(["p", "p", "q"], axis=1))
    assert list(baseline.features) == ["b"] and baseline.left_out == {"a": "several columns have this name"}
    assert list(baseline.predictions) == ["p", "p.1", "q"]


def test_a_version_keeps_what_was_missing_when_it_was_trained():
    column = CategoryColumn.of(["NA", "None", "", None] * 10)
    assert column.bins(column.counts) == {
        "= NA": (10, 10),
        "= None": (10, 10),
        "any other": (0, 0),
        "missing": (20, 20),
    }
    given = column.to_dict()
    assert given["missing"] == [""]
    # Of before this was kept: an empty text was a value.
    old = CategoryColumn.from_dict({"kind": "categorical", "categories": ["a", ""], "counts": [1, 2, 0, 0]})
    assert old.count(["", None, "NA"]).tolist() == [0, 1, 1, 1]


def test_rows_without_names_are_read_by_their_places():
    baseline = Baseline.of({"a": random.normal(size=ROWS), "id": np.arange(ROWS)}, np.zeros(ROWS))
    again = Baseline.from_json(baseline.to_json())
    assert again.named({"0": 1.5, "1": 7}) == {"a": 1.5, "id": 7}
    for other in ({"a": 1.5, "id": 7}, {"0": 1.5}, {"0": 1.5, "2": 7}, {"a": 1, "1": 2}):
        assert again.named(other) == other

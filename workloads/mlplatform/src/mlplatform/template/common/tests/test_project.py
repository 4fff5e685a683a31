import numpy as np
import pandas as pd
import pytest

from project_name_project import contract
from project_name_project.prepare import prepare
from project_name_project.sample_data import sample
from project_name_project.score import score
from project_name_project.train import train

INPUTS = [*contract.NUMBERS, *contract.CATEGORIES, *contract.FLAGS]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return sample(rows=800, seed=7)


@pytest.fixture(scope="module")
def model(rows: pd.DataFrame):
    return train(rows, contract.HYPERPARAMETERS)


def test_rows_have_what_the_contract_says(rows):
    assert set(rows) == {contract.TARGET, *INPUTS}


def test_rows_without_an_answer_are_left_out(rows):
    some = rows.head(10).copy()
    some[contract.TARGET] = some[contract.TARGET].astype(object)
    some.loc[some.index[0], contract.TARGET] = np.nan
    assert len(prepare(some)) == 9


def test_every_row_is_answered_and_alone_as_among_others(model, rows):
    together = score(model, rows[INPUTS].head(20))
    assert len(together) == 20 and np.isfinite(together).all()
    alone = score(model, rows[INPUTS].head(1))
    assert np.allclose(alone, together[:1])


def test_training_twice_gives_the_same(model, rows):
    again = train(rows, contract.HYPERPARAMETERS)
    assert np.array_equal(score(again, rows[INPUTS]), score(model, rows[INPUTS]))


def test_a_category_that_training_never_saw_is_answered(model, rows):
    new = rows[INPUTS].head(1).assign(**{contract.CATEGORIES[0]: "never seen"})
    assert np.isfinite(score(model, new)).all()

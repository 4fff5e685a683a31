from project_name_project import contract
from project_name_project.train import train


def test_every_column_has_one_role():
    columns = [contract.TARGET, *contract.NUMBERS, *contract.CATEGORIES, *contract.FLAGS]
    assert len(set(columns)) == len(columns)


def test_there_is_something_that_trains():
    assert callable(train)

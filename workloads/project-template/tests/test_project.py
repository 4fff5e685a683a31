from project import FEATURES, is_complete


def test_a_row_has_every_feature():
    row = dict.fromkeys(FEATURES, 1.0)
    assert is_complete(row)
    del row[FEATURES[0]]
    assert not is_complete(row)

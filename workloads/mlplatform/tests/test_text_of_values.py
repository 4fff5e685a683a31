"""What becomes of a value whose column is text."""

from mlplatform.tables.values import text_of


class TestTextOf:
    def test_bytes_that_are_text_are_read_as_text_row_by_row(self):
        for text in ("Paris", "Saint\u00a0Denis", "two\nlines", "a\ttab", "Zürich"):
            assert text_of(text.encode()) == text

    def test_other_bytes_are_their_hexadecimal_form(self):
        assert text_of(b"\xff\x00") == "ff00"
        assert text_of(b"a\x00b") == "610062"

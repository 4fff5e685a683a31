"""Rows of an object, a piece at a time, as every reader of the platform reads them."""

from mlplatform.tables.files import format_of
from mlplatform.tables.reading import LONGEST_LINE_BYTES, Piece, Rejected, Unreadable, pieces

__all__ = ["LONGEST_LINE_BYTES", "Piece", "Rejected", "Unreadable", "format_of", "pieces"]

"""How a table is read, wherever one is: what a file is, what is missing, and what a value means in a column of a kind.

`files` and `values` need nothing but Python; `columns` and `reading` need pandas and pyarrow.
"""

"""Scores many rows at once: reads objects below a folder, writes predictions as Parquet."""

"""Time and memory of reading 500,000 rows of ten columns, and of making them fit a signature.

PYTHONPATH=workloads/mlplatform/src:workloads/model-server/src python bench/tables.py, with the packages of requirements/model-server.txt.

Seconds of processor, on a machine that others used too, before and after one module read all tables: CSV 6.8 and 1.7, JSON lines 10.2
and 7.6, Parquet 2.5 and 1.6. What memory it says is mostly that of the rows that are made here.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from model_server.batch.fitting import Column, fit
from model_server.batch.reading import pieces

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000


def main() -> None:
    random = np.random.default_rng(1)
    columns = {f"n{place}": random.normal(size=ROWS).round(4) for place in range(6)}
    columns |= {f"i{place}": random.integers(0, 1000, ROWS) for place in range(2)}
    columns |= {f"c{place}": random.choice(["red", "green", "blue", "NA"], ROWS) for place in range(2)}
    frame = pd.DataFrame(columns)
    wanted = [Column(name, {"n": "double", "i": "long", "c": "string"}[name[0]], True) for name in columns]
    with tempfile.TemporaryDirectory() as folder:
        frame.to_csv(Path(folder, "a.csv"), index=False)
        frame.to_json(Path(folder, "a.jsonl"), orient="records", lines=True)
        frame.to_parquet(Path(folder, "a.parquet"))
        for name in ("a.csv", "a.jsonl", "a.parquet"):
            reading = fitting = 0.0
            begin = time.process_time()
            for piece in pieces(Path(folder, name), name, 10_000):
                reading += time.process_time() - begin
                begin = time.process_time()
                rows, rejected = fit(piece.rows, wanted)
                assert len(rows) == len(piece.rows) and not rejected
                fitting += time.process_time() - begin
                begin = time.process_time()
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{name}: {reading:.2f} s of processor to read, {fitting:.2f} s to fit, {most} MiB at most so far")


if __name__ == "__main__":
    main()

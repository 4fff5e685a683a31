"""One scoring run."""

import hashlib
import json
import logging
import resource
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from mlplatform.tables.files import PassedOver, why_passed_over
from model_server.batch.commit import clear, publish, recover, write_commit
from model_server.batch.fitting import Column, alike, alone, fit
from model_server.batch.ledger import Lease, Ledger, staging
from model_server.batch.reading import Rejected, Unreadable, pieces
from model_server.batch.results import Constants, Part, PartWriter, as_list, inputs_of
from model_server.batch.stores import Gone, Item, Store
from model_server.errors import words

_log = logging.getLogger("model_server.batch")

_MOST_BAD_IN_A_ROW = 50


class ScoringFailed(Exception):
    """The run publishes nothing."""


class Scorer(Protocol):
    """A model that answers rows."""

    version: str
    columns: list[Column] | None
    #: Whether the model gets nulls for an optional column that rows leave out.
    fills: bool

    def predict(self, rows: pd.DataFrame) -> Any: ...


@dataclass(frozen=True)
class Options:
    """How a run goes about it."""

    model: str
    run: str
    scratch: Path
    new_only: bool = False
    row_id: str | None = None
    keep: list[str] | None = None
    chunk_rows: int = 10_000
    part_rows: int = 1_000_000
    max_rejected_percent: float = 1.0
    lease_seconds: float = 300.0


@dataclass
class _Source:
    """What became of one object."""

    item: Item
    address: str
    rows: int = 0
    scored: int = 0
    rejected: int = 0
    parts: list[Part] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        return {
            **{"key": self.item.key, "etag": self.item.etag, "address": self.address, "rows": self.rows},
            **{"scored": self.scored, "rejected": self.rejected},
            "parts": [part.described() for part in self.parts],
        }


class Run:
    """Scores what lies in one store into another."""

    def __init__(self, given: Store, results: Store, scorer: Scorer, options: Options) -> None:
        self._given, self._results, self._scorer, self._options = given, results, scorer, options
        self._began = datetime.now(UTC)
        self._ledger = Ledger(results, options.run)
        self._rejects = options.scratch / "rejects.jsonl"
        self._passed = PassedOver()

    def __call__(self) -> dict[str, Any] | None:
        """Returns the manifest of what was published; nothing when there was nothing to score. Raises ScoringFailed."""
        options = self._options
        options.scratch.mkdir(parents=True, exist_ok=True)
        recover(self._results, options.run)
        begin = time.monotonic()
        claimed: list[Item] = []
        with Lease(self._results, options.run, options.lease_seconds) as lease:
            try:
                self._rejects.write_bytes(b"")
                sources = [source for item in self._items(claimed) if (source := self._score(item, lease)) is not None]
                self._judge(sources)
                lease.check()
                manifest = self._manifest(sources)
                if sources:
                    write_commit(self._results, manifest)
            except BaseException:
                for item in claimed:
                    self._ledger.give_back(item)
                self._clear()
                raise
            published = publish(self._results, manifest) if sources else None
            if published is None:
                self._clear()
        seconds = round(time.monotonic() - begin, 3)
        counts = {key: published[key] for key in ("rows", "scored", "rejected", "digest")} if published else {"rows": 0}
        most_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        _log.info(
            "scored" if published else "nothing to score",
            extra={
                **{"model": options.model, "version": self._scorer.version, "run": options.run, **counts},
                **{
                    "objects": len(sources),
                    "passed_over": str(self._passed) or "none",
                    "seconds": seconds,
                    "most_memory_mib": most_mib,
                },
            },
        )
        return published

    def _items(self, claimed: list[Item]) -> Any:
        for item in self._given.items():
            reason = why_passed_over(item.key, item.size)
            if reason is not None:
                self._passed[reason] += 1
                continue
            if self._options.new_only:
                if not self._ledger.claim(item):
                    continue
                claimed.append(item)
            yield item

    def _score(self, item: Item, lease: Lease) -> _Source | None:
        options = self._options
        source = _Source(item, self._given.address(item.key))
        file = options.scratch / "source"
        try:
            self._given.fetch(item, file)
        except Gone:  # Written anew or deleted since: what is there now is for the next run.
            _log.warning("an object changed while it was about to be scored", extra={"object": source.address})
            self._ledger.give_back(item)
            return None
        constants = Constants(options.model, self._scorer.version, options.run, self._began)
        name = hashlib.sha256(f"{item.key}\n{item.etag}".encode()).hexdigest()[:16]
        writer = PartWriter(
            options.scratch, source.address, f"{options.run}-{name}", constants, options.part_rows, self._send
        )
        with open(self._rejects, "a") as rejects:
            try:
                for piece in pieces(file, item.key, options.chunk_rows):
                    lease.check()
                    answers: dict[Any, Any] = {}
                    bad = [*piece.rejected]
                    for group in alone(piece, self._scorer.columns, self._scorer.fills):
                        rows, unfit = fit(group, self._scorer.columns)
                        answered, refused = self._ask(rows)
                        answers |= answered
                        bad += [*unfit, *refused]
                    for each in sorted(bad, key=lambda one: one.row):
                        record = {"source": source.address, "row": each.row, "reason": each.reason}
                        rejects.write(json.dumps(record, ensure_ascii=False) + "\n")
                    writer.add(self._answered(piece.rows, dict(sorted(answers.items()))))
                    source.rows += len(piece.rows) + len(piece.rejected)
                    source.rejected += len(bad)
            except Unreadable as error:
                raise ScoringFailed(f"{source.address} cannot be read: {error}") from error
        writer.close()
        source.parts = writer.parts
        source.scored = source.rows - source.rejected
        file.unlink()
        return source

    def _answered(self, rows: pd.DataFrame, answers: dict[Any, Any]) -> pd.DataFrame:
        options = self._options
        given = rows.loc[list(answers)]
        ids = given[options.row_id] if options.row_id and options.row_id in given.columns else None
        return pd.DataFrame(
            {
                "row_id": [None] * len(given) if ids is None else [None if pd.isna(one) else str(one) for one in ids],
                "prediction": pd.Series(list(answers.values()), index=given.index, dtype=object),
                "inputs": pd.Series(inputs_of(given, options.keep), index=given.index, dtype=object),
            },
            index=given.index,
        )

    def _ask(self, rows: pd.DataFrame) -> tuple[dict[Any, Any], list[Rejected]]:
        """Answers by row. Rows that make the model fail are found by halving, and set aside."""
        answers: dict[Any, Any] = {}
        refused: list[Rejected] = []
        in_a_row = 0

        def ask(part: pd.DataFrame) -> None:
            nonlocal in_a_row
            if part.empty:
                return
            try:
                values = as_list(self._scorer.predict(part), len(part))
            except Exception as error:
                if len(part) == 1:
                    in_a_row += 1
                    refused.append(Rejected(int(part.index[0]), f"the model refused it: {words(error)[:300]}"))
                    if in_a_row > _MOST_BAD_IN_A_ROW:
                        raise ScoringFailed(f"the model refuses row after row: {words(error)}") from error
                    return
                half = len(part) // 2
                ask(part.iloc[:half])
                ask(part.iloc[half:])
                return
            in_a_row = 0
            answers.update(zip(part.index, values, strict=True))

        for group in alike(rows, self._scorer.columns):
            ask(group)
        return answers, refused

    def _send(self, file: Path, name: str, rows: int, digest: str) -> Part:
        staged = f"{staging(self._options.run)}{name}"
        self._results.upload(staged, file)
        return Part(staged, f"date={self._began:%Y-%m-%d}/{name}", rows, digest)

    def _judge(self, sources: list[_Source]) -> None:
        rows, rejected = sum(source.rows for source in sources), sum(source.rejected for source in sources)
        if rejected * 100 <= rows * self._options.max_rejected_percent:
            return
        # Who has to mend the rows must see them, though nothing else of the run is kept.
        self._results.upload(self._rejects_key(), self._rejects)
        raise ScoringFailed(
            f"{rejected} of {rows} rows do not fit the model, more than {self._options.max_rejected_percent:g}%: "
            f"see {self._results.address(self._rejects_key())}"
        )

    def _rejects_key(self) -> str:
        return f"_rejected/date={self._began:%Y-%m-%d}/{self._options.run}.jsonl"

    def _manifest(self, sources: list[_Source]) -> dict[str, Any]:
        rejects: list[dict[str, Any]] = []
        if self._rejects.stat().st_size > 0:
            staged = f"{staging(self._options.run)}rejects.jsonl"
            self._results.upload(staged, self._rejects)
            rejects.append({"staged": staged, "final": self._rejects_key()})
        return {
            **{"run": self._options.run, "model": self._options.model, "version": self._scorer.version},
            **{"newOnly": self._options.new_only, "began": self._began.isoformat()},
            "passedOver": dict(self._passed),
            "sources": [source.described() for source in sources],
            "rejects": rejects,
        }

    def _clear(self) -> None:
        try:
            clear(self._results, self._options.run)
        except Exception as error:  # The next run clears what this one leaves.
            _log.warning("staged files could not be removed", extra={"error": str(error)})

"""What `monitor` is asked to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from training_template.data_quality import Limits


@dataclass(frozen=True)
class Checks:
    """What is looked at; a check without its number is off."""

    model: str
    bucket: str
    at: datetime
    every: timedelta
    delay: timedelta
    labels: str
    #: None: that which is usual for the type of the problem.
    metric: str | None = None
    max_drop_percent: float | None = None
    columns: list[str] = field(default_factory=list)
    max_bias_increase: float | None = None
    min_ndcg: float | None = None
    data: Limits | None = None
    #: Folder of the bucket in which everything is, with a slash at its end; empty: the bucket is the platform's own.
    prefix: str = ""

    @property
    def judges_answers(self) -> bool:
        return not (self.max_drop_percent is None and self.max_bias_increase is None and self.min_ndcg is None)

    @property
    def begin(self) -> datetime:
        return self.end - self.every

    @property
    def end(self) -> datetime:
        """Answers that are younger have no labels yet."""
        return self.at - self.delay

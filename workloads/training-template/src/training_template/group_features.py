"""What `prepare` does with the group of features that a stack declares: it publishes what its tables know, or reads what was known."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from mlplatform.feature_store import FeatureStore, open_store
from mlplatform.feature_store.described import described
from mlplatform.feature_store.group import FeatureGroup
from mlplatform.tables.columns import replaced
from training_template.hyperparameters import Unusable
from training_template.logs import fields

log = logging.getLogger(__name__)

#: Variables of the container.
DOES, GROUP, STORE = "FEATURES", "FEATURE_GROUP", "FEATURE_STORE"


@dataclass(frozen=True)
class GroupFeatures:
    group: FeatureGroup
    store: FeatureStore
    #: `publish` or `read`.
    does: str

    def published(self, frame: pd.DataFrame) -> int:
        """Adds what is newer than what is known of each entity: tables that are prepared again add nothing.

        @returns how many records were added
        @raises Unusable where a column is not there, or a value cannot be kept
        """
        group = self.group
        names = [group.entity, group.event_time, *group.columns]
        missing = [name for name in names if name not in frame]
        if missing:
            raise Unusable(f"features cannot be published, since columns are missing: {', '.join(missing)}")
        records = frame[names].to_dict("records")
        try:
            kept = [(group.record(each), each) for each in records]
        except ValueError as error:
            raise Unusable(f"features cannot be published: {error}") from error
        self.store.make()
        known = self.store.since(list(dict.fromkeys(record.entity for record, _ in kept)))
        newer = [
            (record, each) for record, each in kept if record.entity not in known or record.at > known[record.entity]
        ]
        newer.sort(key=lambda pair: pair[0].at)
        added = self.store.put(each for _, each in newer)
        log.info("features were published", extra=fields(group=group.name, added=added, known=len(records) - added))
        return added

    def read(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Beside each row the features as they were known at its time; rows of which nothing was known then are left out.

        @raises Unusable where the tables have a feature already, lack entity or time, or nothing was known of any row
        """
        group = self.group
        missing = [name for name in (group.entity, group.event_time) if name not in frame]
        if missing:
            raise Unusable(f"features cannot be read, since columns are missing: {', '.join(missing)}")
        there = [name for name in group.columns if name in frame]
        if there:
            raise Unusable(f"features cannot be read, since the tables have them: {', '.join(there)}")
        try:
            found = self.store.as_of(frame[[group.entity, group.event_time]].to_dict("records"))
        except ValueError as error:
            raise Unusable(f"features cannot be read: {error}") from error
        known = [each["feature_time"] is not None for each in found]
        if not any(known):
            raise Unusable(f"nothing was known of any row at its {group.event_time}, so there is nothing to train on")
        columns = {name: pd.Series([each[name] for each in found], frame.index, dtype=object) for name in group.columns}
        log.info("features were read", extra=fields(group=group.name, rows=sum(known), unknown=len(found) - sum(known)))
        return replaced(frame, columns)[known].reset_index(drop=True)


def group_features(env: Mapping[str, str] = os.environ) -> GroupFeatures | None:
    """None where the stack declares none for the loop.

    @raises Unusable where it declares what cannot be used
    """
    if not env.get(DOES):
        return None
    if env[DOES] not in ("publish", "read"):
        raise Unusable(f"{DOES}: {env[DOES]!r}; allowed: publish, read")
    try:
        group = described(env.get(GROUP, ""))
    except ValueError as error:
        raise Unusable(f"{GROUP}: {error}") from error
    try:
        return GroupFeatures(group, open_store(env.get(STORE, ""), group), env[DOES])
    except ValueError as error:
        raise Unusable(f"{STORE}: {error}") from error

"""Customers of the sample in a feature store: kept as they change, and trained on as they were known when each label's time began."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from churn.data import FLAGS, INPUTS, TARGET
from mlplatform.feature_store import FeatureStore
from mlplatform.feature_store.group import FeatureGroup

ENTITY, EVENT_TIME = "customer_id", "event_time"
#: As `training.features.columns` of the stack has it.
COLUMNS = {
    "tenure_months": "Integral",
    "monthly_charge": "Fractional",
    "support_calls": "Integral",
    "usage_gib": "Fractional",
    "contract": "String",
    "plan": "String",
    "region": "String",
    "autopay": "String",
}


def group(name: str) -> FeatureGroup:
    """@param name of the group in the stack, which its output `featureGroups` says"""
    return FeatureGroup(name, "features_churn", ENTITY, COLUMNS, EVENT_TIME)


def publish(store: FeatureStore, customers: pd.DataFrame, at: datetime) -> int:
    """@param customers a row for each, with `customer_id`: as they are from that time on"""
    return store.put({**row, EVENT_TIME: at} for row in customers[[ENTITY, *INPUTS]].to_dict("records"))


def training_rows(store: FeatureStore, labels: pd.DataFrame, **asked: Any) -> pd.DataFrame:
    """Inputs and target of each label, as the customer was known at its time; labels of customers nobody knew then are left out.

    @param labels `customer_id`, `event_time` and `churned`
    @param asked see `FeatureStore.as_of`
    """
    found = store.as_of(labels[[ENTITY, EVENT_TIME]].to_dict("records"), **asked)
    frame = _typed(found).assign(**{TARGET: labels[TARGET].to_numpy()})
    return frame[pd.notna([each["feature_time"] for each in found])].reset_index(drop=True)


def request_rows(store: FeatureStore, customers: Sequence[str]) -> pd.DataFrame:
    """What a model is asked about customers, as they are known now; of one whom nobody knows everything is missing."""
    known = store.latest(customers)
    return _typed([known.get(customer, dict.fromkeys(COLUMNS)) for customer in customers])


def _typed(found: Sequence[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(found, columns=INPUTS)
    numbers = {name: "float64" for name, kind in COLUMNS.items() if kind != "String"}
    flags = {flag: frame[flag].map({"true": True, "false": False}) for flag in FLAGS}
    return frame.astype(numbers).assign(**flags)

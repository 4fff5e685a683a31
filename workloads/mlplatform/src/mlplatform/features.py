"""Features as they were known at a time: the query over the history that the feature store keeps."""

from __future__ import annotations

import re
from collections.abc import Sequence

_name = re.compile(r"[a-z_][a-z0-9_]*")
_table = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")


def point_in_time_query(
    features_table: str,
    columns: Sequence[str],
    *,
    rows_table: str,
    keep: Sequence[str],
    entity: str,
    time: str = "event_time",
    event_time: str = "event_time",
    as_known_then: bool = True,
    max_age_days: int | None = None,
) -> str:
    """A query in Athena's SQL: each row of ``rows_table`` beside the latest features of its entity at the row's own time.

    Args:
        features_table: table of the feature group, such as ``features_churn``.
        columns: features to read.
        rows_table: what is to be trained on: a row for each label, with the columns ``entity``, ``time`` and ``keep``.
        keep: columns of the rows that the answer has too, such as the label.
        entity: column that says of whom, in both tables.
        time: column of the rows, as text in ISO 8601.
        event_time: column of the features that says since when they hold, as text in ISO 8601.
        as_known_then: leaves out records that were handed in after the row's time, though they tell of an earlier one: a model
            that had answered then could not have known them. Switch it off for history that was filled in later.
        max_age_days: features older than this at the row's time are unknown. Without it none is too old.

    A row whose entity is not known at its time, or no longer, has nulls. Of two records of one time the one handed in later counts.

    Raises:
        ValueError: for a name that would need quotes, so that no text of somebody else's gets into the query; for a column that
            the query would have twice.
    """
    for table in (features_table, rows_table):
        if _table.fullmatch(table) is None:
            raise ValueError(
                f"{table!r} is not a table's name: small letters, digits and _, with a database before a dot"
            )
    names = [entity, time, *keep, *columns, "feature_time"]
    for name in [*names, event_time]:
        if _name.fullmatch(name) is None:
            raise ValueError(f"{name!r} is not a column's name: small letters, digits and _")
    all_names = [*names, "is_deleted", "row_time_", "row_number_", "place_"]
    twice = sorted({name for name in all_names if all_names.count(name) > 1})
    if twice:
        raise ValueError(f"the query would have twice: {', '.join(twice)}")
    if not columns:
        raise ValueError("no features are asked for")
    if max_age_days is not None and max_age_days <= 0:
        raise ValueError("max_age_days is more than 0, or absent")

    own = [entity, time, *keep]
    matches = [
        f'f."{entity}" = cast(r."{entity}" as varchar)',
        f'from_iso8601_timestamp(f."{event_time}") <= r.row_time_',
    ]
    if as_known_then:
        matches.append("f.api_invocation_time <= r.row_time_")
    if max_age_days is not None:
        matches.append(f"""from_iso8601_timestamp(f."{event_time}") > r.row_time_ - interval '{max_age_days}' day""")
    return "\n".join(
        [
            "with rows_of_table as (",
            f"""  select {_list(own)}, from_iso8601_timestamp("{time}") as row_time_, row_number() over () as row_number_""",
            f"  from {rows_table}",
            "), placed as (",
            f'''  select {_list(own, "r.")}, r.row_number_, f."{event_time}" as feature_time, f.is_deleted, {_list(columns, "f.")},''',
            f'''    row_number() over (partition by r.row_number_ order by from_iso8601_timestamp(f."{event_time}") desc,''',
            "      f.api_invocation_time desc, f.write_time desc) as place_",
            f"  from rows_of_table r left join {features_table} f",
            f"    on {' and '.join(matches)}",
            ")",
            f"select {_list(own)},",
            "  "
            + ",\n  ".join(
                f'case when not is_deleted then "{name}" end as "{name}"' for name in [*columns, "feature_time"]
            ),
            "from placed where place_ = 1",
        ]
    )


def _list(names: Sequence[str], prefix: str = "") -> str:
    return ", ".join(f'{prefix}"{name}"' for name in names)

"""Traces: everybody's who may write, but where a trace's files are MLflow alone says, since the server reads them from there."""

import re
from functools import wraps

from mlflow.store.tracking import sqlalchemy_store
from mlflow.tracing.constant import SpanAttributeKey, SpansLocation, TraceTagKey

_PLACE_TAG = "mlflow.artifactLocation"
_PLACE_TAGS = (_PLACE_TAG, TraceTagKey.SPANS_LOCATION, TraceTagKey.ARCHIVE_LOCATION)
_MLFLOWS_OWN = re.compile(r"mlflow-artifacts:/\d+/traces/[\w-]+/artifacts")


def change_trace(_sender, asked):
    name = type(asked).DESCRIPTOR.name
    if name in ("DeleteTraceTag", "DeleteTraceTagV3"):
        said = {asked.key: ""}
    elif name in ("SetTraceTag", "SetTraceTagV3"):
        said = {asked.key: asked.value}
    elif name == "StartTraceV3":
        said = asked.trace.trace_info.tags
    else:
        said = {tag.key: tag.value for tag in asked.tags}
    # Clients send back what MLflow told them.
    if _PLACE_TAG in said and not _MLFLOWS_OWN.fullmatch(said[_PLACE_TAG]):
        return f"where the files of a trace are ({_PLACE_TAG}) is not to be chosen"
    if TraceTagKey.ARCHIVE_LOCATION in said or said.get(TraceTagKey.SPANS_LOCATION) == SpansLocation.ARCHIVE_REPO.value:
        return "where a trace is put away is not to be chosen"
    return None


# What OpenTelemetry's spans bring along as tags of their trace, of which MLflow keeps all.
_PLACES = {SpanAttributeKey.TRACE_TAG_PREFIX + key for key in _PLACE_TAGS}


def _without_places(translate):
    """Spans come by no request that the rules read, in several encodings, so that the places are left out where MLflow keeps them."""

    @wraps(translate)
    def translated(span):
        kept = translate(span)
        kept["attributes"] = {key: value for key, value in kept.get("attributes", {}).items() if key not in _PLACES}
        return kept

    return translated


sqlalchemy_store.translate_span_when_storing = _without_places(sqlalchemy_store.translate_span_when_storing)

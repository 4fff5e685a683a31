"""Traces: everybody's who may write, but where a trace's files are MLflow alone says, since the server reads them from there."""

import re

_PLACE_TAG = "mlflow.artifactLocation"
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
    return None

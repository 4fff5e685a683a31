"""What a sender may do in MLflow beyond the role that MLflow knows; it decides what can go live.

- Files of a registered version do not change: nobody writes or deletes below them, not even the release path.
- Runs and logged models are changed by whoever made them.
- Tags that decide begin with `mlplatform.` and are written by the release path. A version's tags `history.` come with its registration;
  after it the release path alone writes them.
- Where a model's block has a gate or an approver (`gated`), the release path alone moves its alias. Everybody else asks, by the
  alias `candidate`, and an approver answers by the tag `mlplatform.approval`.
"""

from flask import request
from mlflow.server import handlers
from platform_files import change_file
from platform_routes import Kind, kind_of, only_reads, request_class
from platform_runs import change_experiment, change_logged_model, change_run, make_logged_model, make_run
from platform_traces import change_trace
from platform_versions import change_alias, change_registered_model, change_version


class Sender:
    def __init__(self, name, role, groups, gated):
        """
        :param groups: of a person; none of a machine.
        :param gated: from registered model to, by alias, the groups and machines that approve.
        """
        self.name, self.role, self.groups, self.gated = name, role, groups, gated

    @property
    def releases(self):
        return self.role == "controller"

    def approves(self, model):
        asked = [who for aliases in self.gated.get(model, {}).values() for who in aliases]
        mine = [f"group:{group}" for group in self.groups] or [f"machine:{self.name}"]
        return any(who in mine for who in asked)


def refusal(sender):
    """Why the request may not be, for a person to read; none where MLflow's own roles may decide about it."""
    if only_reads(request.method):
        return None
    rule = request.url_rule.rule if request.url_rule is not None else None
    kind = kind_of(request.method, rule, request.path)
    if kind is None:
        return f"nobody has decided who may send {request.method} {request.path}, so nobody may"
    if kind not in _DECIDE:
        return None
    return _DECIDE[kind](sender, _asked(rule))


def _asked(rule):
    """The request as MLflow itself reads it, whichever way its fields are spelt; none where the body is a file."""
    wanted = request_class(request.method, rule)
    if wanted is None or wanted.DESCRIPTOR.name == "UploadArtifact":
        return None
    return handlers._get_request_message(wanted())


def _off(_sender, _asked):
    return "this part of MLflow starts work on the server, and is off on this platform"


def _administer(sender, _asked):
    return None if sender.role == "admin" else "this is for administrators"


# Of ASK and OTHER, MLflow's own roles decide.
_DECIDE = {
    Kind.OFF: _off,
    Kind.ADMINISTER: _administer,
    Kind.MAKE_RUN: make_run,
    Kind.RUN: change_run,
    Kind.MAKE_LOGGED_MODEL: make_logged_model,
    Kind.LOGGED_MODEL: change_logged_model,
    Kind.EXPERIMENT: change_experiment,
    Kind.TRACE: change_trace,
    Kind.ARTIFACT: change_file,
    Kind.REGISTERED_MODEL: change_registered_model,
    Kind.ALIAS: change_alias,
    Kind.VERSION: change_version,
}

"""What each request to MLflow does, by the route that answers it.

Every route that changes something has one kind here; a request to one that has none is refused. So a new MLflow with a new
route fails a test (test-real/apps/mlflowRoutes.test.ts), and nobody can use the route before somebody has decided about it.
"""

import re
from enum import Enum, auto

from mlflow.server import handlers


class Kind(Enum):
    # It only asks, though it is sent by POST.
    ASK = auto()
    # It makes a run; who sends it owns the run.
    MAKE_RUN = auto()
    # It changes a run: its owner's.
    RUN = auto()
    MAKE_LOGGED_MODEL = auto()
    LOGGED_MODEL = auto()
    EXPERIMENT = auto()
    REGISTERED_MODEL = auto()
    ALIAS = auto()
    VERSION = auto()
    # It writes or deletes a file below a path of the artifact store.
    ARTIFACT = auto()
    # For administrators: accounts, webhooks, the gateway's settings.
    ADMINISTER = auto()
    # It starts work on the server, which no server of the platform does.
    OFF = auto()
    # It says something of a trace, which could be where its files are.
    TRACE = auto()
    # Prompts' helpers, data sets, assessments and the like: nothing of it decides what goes live, so MLflow's own roles do.
    OTHER = auto()


# By the name of the request in MLflow's API, or of the function that answers where it has none.
KINDS = {
    Kind.ASK: """
        BatchGetTraceInfos CalculateTraceFilterCorrelation CreatePresignedDownloadUrl GetLatestVersions QueryTraceMetrics
        SearchDatasets SearchEvaluationDatasets SearchExperiments SearchIssues SearchLoggedModels
        SearchPromptOptimizationJobs SearchRuns SearchTracesV3 _graphql
    """,
    Kind.MAKE_RUN: "CreateRun",
    Kind.RUN: """
        CreatePresignedUploadUrl DeleteRun DeleteTag LinkTracesToRun LogBatch LogInputs LogMetric LogModel LogOutputs LogParam
        RestoreRun SetTag UpdateRun
    """,
    Kind.MAKE_LOGGED_MODEL: "CreateLoggedModel",
    Kind.LOGGED_MODEL: """
        DeleteLoggedModel DeleteLoggedModelTag FinalizeLoggedModel LogLoggedModelParamsRequest SetLoggedModelTags
    """,
    Kind.EXPERIMENT: """
        CreateExperiment DeleteExperiment DeleteExperimentTag RestoreExperiment SetExperimentTag UpdateExperiment
    """,
    Kind.REGISTERED_MODEL: """
        CreateRegisteredModel DeleteRegisteredModel DeleteRegisteredModelTag RenameRegisteredModel SetRegisteredModelTag
        UpdateRegisteredModel
    """,
    Kind.ALIAS: "DeleteRegisteredModelAlias SetRegisteredModelAlias",
    Kind.VERSION: """
        CreateModelVersion DeleteModelVersion DeleteModelVersionTag SetModelVersionTag TransitionModelVersionStage
        UpdateModelVersion
    """,
    Kind.ARTIFACT: "AbortMultipartUpload CompleteMultipartUpload CreateMultipartUpload DeleteArtifact UploadArtifact",
    Kind.ADMINISTER: """
        AddGuardrailToEndpoint AttachModelToGatewayEndpoint CreateGatewayBudgetPolicy CreateGatewayEndpoint
        CreateGatewayEndpointBinding CreateGatewayGuardrail CreateGatewayModelDefinition CreateGatewaySecret CreateWebhook
        CreateWorkspace DeleteGatewayBudgetPolicy DeleteGatewayEndpoint DeleteGatewayEndpointBinding DeleteGatewayEndpointTag
        DeleteGatewayGuardrail DeleteGatewayModelDefinition DeleteGatewaySecret DeleteWebhook DeleteWorkspace
        DetachModelFromGatewayEndpoint RemoveGuardrailFromEndpoint SetGatewayEndpointTag TestWebhook
        UpdateEndpointGuardrailConfig UpdateGatewayBudgetPolicy UpdateGatewayEndpoint UpdateGatewayModelDefinition
        UpdateGatewaySecret UpdateWebhook UpdateWorkspace
    """,
    Kind.OFF: """
        CancelPromptOptimizationJob CreatePromptOptimizationJob DeletePromptOptimizationJob _cancel_job _delete_demo
        _generate_demo _invoke_genai_evaluate_handler _invoke_issue_detection_handler _invoke_scorer_handler
        _upsert_online_scoring_config
    """,
    Kind.TRACE: """
        DeleteTraceTag DeleteTraceTagV3 EndTrace SetTraceTag SetTraceTagV3 StartTrace StartTraceV3
    """,
    Kind.OTHER: """
        AddDatasetToExperiments AddItemsToReviewQueue CreateAssessment CreateDataset CreateIssue CreateLabelSchema
        CreateReviewQueue DeleteAssessment DeleteDataset DeleteDatasetRecords DeleteDatasetTag DeleteLabelSchema
        DeleteReviewQueue DeleteScorer DeleteTraces DeleteTracesV3 GetOrCreateUserQueue LinkPromptsToTrace RegisterScorer
        RemoveDatasetFromExperiments RemoveItemsFromReviewQueue SetDatasetTags SetReviewQueueItemStatus UpdateAssessment
        UpdateIssue UpdateLabelSchema UpdateReviewQueue UpsertDatasetRecords
    """,
}

# Routes that are in no service of MLflow's API. `/ajax-api` is written as `/api`: both lead to the same.
PATHS = (
    (Kind.ASK, r"/api/\d\.\d/mlflow/experiments/search-datasets"),
    (Kind.ARTIFACT, r"/api/2\.0/mlflow/upload-artifact"),
    (Kind.ARTIFACT, r"/api/2\.0/mlflow-artifacts/artifacts/.+"),
    (Kind.ADMINISTER, r"/api/\d\.\d/mlflow/(users|roles)/.+"),
    (Kind.OFF, r"/api/2\.0/mlflow/gateway-proxy"),
    # It makes a run and a model of what the gateway answered, with whatever tags.
    (Kind.OFF, r"/api/2\.0/mlflow/runs/create-promptlab-run"),
    (Kind.OFF, r"/api/3\.0/jobs/.*"),
    (Kind.OFF, r"/api/3\.0/mlflow/assistant/.+"),
    (Kind.OFF, r"/gateway/.+"),
    (Kind.OTHER, r"/api/3\.0/mlflow/ui-telemetry"),
    (Kind.OTHER, r"/api/3\.0/mlflow/mcp-servers(/.*)?"),
    (Kind.OTHER, r"/v1/traces"),
)

_BY_NAME = {name: kind for kind, names in KINDS.items() for name in names.split()}


def _name(answering):
    """Of a request's class, or of a function."""
    descriptor = getattr(answering, "DESCRIPTOR", None)
    return descriptor.name if descriptor is not None else answering.__name__


# From method and rule to the class of the request, or the function.
_ANSWERING = {
    (method, path): answering
    for path, answering, methods in handlers.get_endpoints(lambda request_class: request_class)
    for method in methods
}


def only_reads(method):
    return method in ("GET", "HEAD", "OPTIONS")


def request_class(method, rule):
    """Of a request of MLflow's API; none for others."""
    found = _ANSWERING.get((method, rule))
    return found if hasattr(found, "DESCRIPTOR") else None


def kind_of(method, rule, path):
    """
    :param rule: of Flask, such as `/api/2.0/mlflow/logged-models/<model_id>`; none where it knows no such route.
    :return: none for a route that nobody has decided about.
    """
    found = _ANSWERING.get((method, rule))
    if found is not None and _name(found) in _BY_NAME:
        return _BY_NAME[_name(found)]
    plain = re.sub(r"^/ajax-api/", "/api/", rule or path)
    return next((kind for kind, pattern in PATHS if re.fullmatch(pattern, plain)), None)

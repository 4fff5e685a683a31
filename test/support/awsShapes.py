"""Holds definitions of pipelines and projects against the models of the AWS SDK, as the service would."""

import json
import sys

import botocore.session
from botocore.validate import ParamValidator

session = botocore.session.get_session()
faults = []
for service, operation, request in json.load(sys.stdin):
    model = session.get_service_model(service).operation_model(operation)
    report = ParamValidator().validate(request, model.input_shape)
    if report.has_errors():
        faults.append(report.generate_report())
print(json.dumps(faults))

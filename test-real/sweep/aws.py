"""Plays the AWS CLI for many calls: a line of JSON in, a line out. botocore holds each call to AWS's own model of the service."""

import json
import os
import sys

import botocore.session
from botocore import xform_name

session = botocore.session.get_session()
clients = {}
for line in sys.stdin:
    service, operation, parameters = json.loads(line)
    try:
        if service not in clients:
            clients[service] = session.create_client(service, "eu-west-1", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
        client = clients[service]
        # As the CLI has it: `delete-log-group` is the operation of that name.
        names = {xform_name(name, "-"): xform_name(name) for name in client.meta.service_model.operation_names}
        method = names[operation]
        if client.can_paginate(method):
            answer = client.get_paginator(method).paginate(**parameters).build_full_result()
        else:
            answer = getattr(client, method)(**parameters)
        print(json.dumps({"answer": answer}, default=str), flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)

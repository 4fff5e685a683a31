"""Prints each route of MLflow's server that changes something, with its kind: `none` where nobody has decided about it."""

import json
import os
import tempfile

folder = tempfile.mkdtemp()
os.chdir(folder)
os.environ.update(
    MLFLOW_FLASK_SERVER_SECRET_KEY="made-up",
    MLFLOW_AUTH_ADMIN_PASSWORD="made-up-password",
    _MLFLOW_SGI_NAME="uvicorn",
    MLFLOW_BACKEND_STORE_URI=f"sqlite:///{folder}/mlflow.db",
)

from fastapi.routing import APIRoute  # noqa: E402
from mlflow.server import app as flask_app  # noqa: E402
from mlflow.server import auth, fastapi_app  # noqa: E402
from platform_routes import KINDS, kind_of, only_reads  # noqa: E402

# Routes of accounts are added when the app is made; the database that this asks for is of no interest here.
auth._init_store_for_app = lambda: None
made = auth.create_app(flask_app)

routes = {
    (method, rule.rule, rule.rule)
    for rule in flask_app.url_map.iter_rules()
    for method in rule.methods
    if not only_reads(method)
}
routers = [value for name, value in vars(fastapi_app).items() if name.endswith("_router")]
prefixes = {id(fastapi_app.mcp_server_router): fastapi_app.get_mcp_server_api_route_prefixes()}
for router in routers:
    for route in router.routes:
        if isinstance(route, APIRoute):
            for prefix in prefixes.get(id(router), ("",)):
                for method in route.methods:
                    if not only_reads(method):
                        routes.add((method, None, prefix + route.path))

found = {f"{method} {path}": getattr(kind_of(method, rule, path), "name", "none") for method, rule, path in routes}
names = [name for listed in KINDS.values() for name in listed.split()]
print(json.dumps({"routes": found, "twice": sorted({name for name in names if names.count(name) > 1})}))

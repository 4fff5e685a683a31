"""Signs simulated people in through the security manager of the generated webserver_config.py; see airflowProcess.test.ts."""

import json
import sys

from airflow.api_fastapi.app import create_auth_manager
from airflow.providers.fab.www.app import create_app

manager = create_auth_manager()
app = create_app(enable_plugins=False)


class Answer:
    def __init__(self, body):
        self.status_code = 404 if body is None else 200
        self.body = body

    def json(self):
        return self.body

    def raise_for_status(self):
        if self.status_code != 200:
            raise RuntimeError(f"simulated provider answers {self.status_code}")


class Provider:
    """Answers as the provider would; a list comes in pages."""

    def __init__(self, answers):
        self.answers = answers

    def get(self, path, params=None):
        body = self.answers.get(path)
        if isinstance(body, list):
            first = (params["page"] - 1) * params["per_page"]
            body = body[first : first + params["per_page"]]
        return Answer(body)

    def userinfo(self, token):
        return self.answers["userinfo"]


results = []
for person in json.load(sys.stdin):
    with app.test_request_context():
        security = manager.security_manager
        (provider,) = security.oauth_remotes
        remote = security.oauth_remotes[provider]
        security.oauth_remotes[provider] = Provider(person["answers"])
        info = security.oauth_user_info(provider, person["token"])
        user = security.auth_user_oauth(info, rotate_session_id=False)
        results.append(None if user is None else [user.username, *sorted(role.name for role in user.roles)])
        security.oauth_remotes[provider] = remote
client = remote.client_id, remote.client_secret
print("RESULT " + json.dumps({"provider": provider, "client": client, "people": results}))

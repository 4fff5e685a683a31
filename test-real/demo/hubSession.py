"""A person at JupyterHub: signs in, starts a server, and runs notebooks in a kernel of it. Prints what came of it as JSON.

Arguments: the hub's address, name, password, and notebooks by their path in the home.
"""

from __future__ import annotations

import json
import sys
import time
import uuid

import requests
from websocket import create_connection

url, name, password, *notebooks = sys.argv[1:]
session = requests.Session()
session.trust_env = False


def xsrf() -> dict[str, str]:
    return {"_xsrf": session.cookies.get("_xsrf", path="/hub/") or session.cookies.get("_xsrf", path="/")}


def sign_in(word: str) -> bool:
    session.cookies.clear()
    session.get(f"{url}/hub/login", timeout=30)
    form = {"username": name, "password": word, **xsrf()}
    answer = session.post(f"{url}/hub/login", params=xsrf(), data=form, allow_redirects=False, timeout=30)
    return answer.status_code == 302


found = {"stranger": sign_in("guessed"), "person": sign_in(password)}
session.post(f"{url}/hub/spawn/{name}", params=xsrf(), data=xsrf(), timeout=120)
server = f"{url}/user/{name}"
for _ in range(240):
    answer = session.get(f"{server}/api/status", timeout=30)
    if answer.ok and "json" in answer.headers.get("Content-Type", ""):
        break
    time.sleep(0.5)
session.get(f"{server}/lab", timeout=60)
token = {"X-XSRFToken": session.cookies.get("_xsrf", path=f"/user/{name}/") or ""}
listing = session.get(f"{server}/api/contents/", timeout=30).json()["content"]
found["home"] = sorted(each["name"] for each in listing)
kernel = session.post(f"{server}/api/kernels", headers=token, timeout=60).json()["id"]
cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)
socket = create_connection(
    f"{server.replace('http', 'ws')}/api/kernels/{kernel}/channels", cookie=cookies, timeout=300, origin=url
)


def run(code: str) -> str:
    """What a kernel prints."""
    number = uuid.uuid4().hex
    header = {"msg_id": number, "msg_type": "execute_request", "username": name, "session": number, "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    socket.send(json.dumps(message))
    printed = ""
    while True:
        told = json.loads(socket.recv())
        if told["parent_header"].get("msg_id") != number:
            continue
        kind, content = told["msg_type"], told["content"]
        printed += content.get("text", "") if kind == "stream" else ""
        printed += "\n".join(content["traceback"]) if kind == "error" else ""
        if kind == "status" and content["execution_state"] == "idle":
            return printed


found["notebooks"] = {}
for path in notebooks:
    code = (
        "import nbformat\nfrom nbclient import NotebookClient\n"
        f"notebook = nbformat.read({path!r}, as_version=4)\n"
        "_ = await NotebookClient(notebook, timeout=240).async_execute()\n"
        "for cell in notebook.cells:\n"
        "    for output in cell.get('outputs', []):\n"
        "        print(output.get('text') or output.get('data', {}).get('text/plain', ''))\n"
    )
    found["notebooks"][path] = run(code)
socket.close()
print("RESULT " + json.dumps(found))

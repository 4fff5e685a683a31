"""A page that describes the model to a person, whole in itself: no script or style comes from elsewhere."""

import base64
import hashlib
import json
from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
code, pre, textarea { font: 14px/1.4 ui-monospace, monospace }
pre, textarea { background: #f5f5f5; border: 1px solid #ddd; border-radius: 4px; padding: .75rem; overflow: auto; width: 100%; box-sizing: border-box }
h2 code { background: none } .method { color: #0b5; font-weight: 700; text-transform: uppercase }
table { border-collapse: collapse } td, th { text-align: left; padding: .2rem 1rem .2rem 0; border-bottom: 1px solid #eee }
@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } pre, textarea { background: #1c1c1c; border-color: #333; color: #eee } }
"""
_SCRIPT = """
document.getElementById("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = document.getElementById("answer");
  const token = document.getElementById("token").value;
  const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  try {
    const response = await fetch("invocations", { method: "POST", headers, body: document.getElementById("body").value });
    answer.textContent = `${response.status}\\n${await response.text()}`;
  } catch (error) { answer.textContent = String(error); }
});
"""


def docs_page(description: dict[str, Any]) -> tuple[str, str]:
    """The page, and the Content-Security-Policy that lets only its own style and script run."""
    info = description["info"]
    parts = [
        f"<h1>{escape(info['title'])}</h1><p>Version <code>{escape(info['version'])}</code>. {escape(info['description'])}"
    ]
    parts.append(' Described for programs in <a href="openapi.json">openapi.json</a>.</p>')
    for path, methods in description["paths"].items():
        for method, what in methods.items():
            parts.append(
                f"<h2><span class=method>{method}</span> <code>{escape(path)}</code></h2><p>{escape(what['summary'])}</p>"
            )
            if "x-model" in what:
                parts.append(_inputs(what["x-model"]))
            if body := what.get("requestBody"):
                schema = json.dumps(body["content"]["application/json"]["schema"], indent=2)
                parts.append(f"<details><summary>Request</summary><pre>{escape(schema)}</pre></details>")
            parts.append(_meanings(what["responses"]))
    parts.append(_form())
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style>{''.join(parts)}<script>{_SCRIPT}</script></html>"
    )
    own = f"style-src {_source(_STYLE)}; script-src {_source(_SCRIPT)}"
    return (
        page,
        f"default-src 'none'; {own}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _inputs(model: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{kind}<td><code>{escape(each['name'])}</code><td>{each['datatype']}<td>{each['shape']}"
        for kind in ("inputs", "outputs")
        for each in model[kind]
    )
    return f"<table><tr><th>Part<th>Name<th>Type<th>Shape{rows}</table>"


def _meanings(responses: dict[str, Any]) -> str:
    return (
        "<table>"
        + "".join(f"<tr><td>{code}<td>{escape(each['description'])}" for code, each in responses.items())
        + "</table>"
    )


def _form() -> str:
    return (
        '<h2>Try it</h2><form id="ask"><p><label>Token, where one is needed <input id="token" type="password"></label></p>'
        '<p><label>Request <textarea id="body" rows="8">{"dataframe_records": []}</textarea></label></p>'
        '<button>Predict</button></form><pre id="answer" aria-live="polite"></pre>'
    )

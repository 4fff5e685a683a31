"""The page of the model's API: Swagger UI from a pinned package, served from here; nothing comes from elsewhere."""

from functools import cache
from html import escape
from importlib.resources import files
from typing import NamedTuple

# Scripts and styles are files of this server only. Swagger UI sets styles by script, element by element, which a policy does not
# forbid: in Chromium it opens each operation, sends the example and shows the answer, and reports no violation.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Paths are relative: the public port has a prefix.
_START = """
SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", tryItOutEnabled: true, validatorUrl: "none", defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
});
"""
_TYPES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon-32x32.png": "image/png"}


class Asset(NamedTuple):
    content: bytes
    content_type: str


def docs_page(title: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="docs/swagger-ui.css">'
        f'<link rel="icon" type="image/png" href="docs/favicon-32x32.png"><div id="swagger-ui"></div>'
        f'<script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></html>'
    )


@cache
def asset(name: str) -> Asset | None:
    """A file of the page, or None where it has none of that name."""
    if name == "start.js":
        return Asset(_START.encode(), "text/javascript; charset=utf-8")
    if name not in _TYPES:
        return None
    content = files("flask_swagger_ui").joinpath("dist", name).read_bytes()
    return Asset(content, f"{_TYPES[name]}; charset=utf-8" if _TYPES[name].startswith("text/") else _TYPES[name])

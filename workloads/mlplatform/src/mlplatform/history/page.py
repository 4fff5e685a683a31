"""An audit's page for people: without scripts, and nothing in it comes from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from mlplatform.history.evidence import checked

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}}
table{{border-collapse:collapse;width:100%}}td,th{{border:1px solid #999;padding:.3em .6em;text-align:left;vertical-align:top;
overflow-wrap:anywhere}}</style><title>{title}</title></head><body><h1>{title}</h1>
"""


def page(
    about: Mapping[str, Any],
    links: Sequence[Mapping[str, Any]],
    integrity: Mapping[str, Any],
    problems: Sequence[str],
    not_read: Mapping[str, str],
    checks: Sequence[Mapping[str, Any]] = (),
) -> str:
    title = escape(f"{about['name']}, version {about['version']}")
    parts = [_HEAD.format(title=title), _paragraphs(about["description"])]
    if problems:
        parts.append("<h2>Not what was registered</h2>" + _list(problems))
    parts.append("<h2>Signature</h2>" + _paragraphs(str(integrity.get("state", ""))))
    parts.append("<h2>Where it comes from</h2>" + _table((each["link"], _said(each)) for each in links))
    if checks:
        parts.append("<h2>What its gate looked at</h2>" + _table(map(checked, checks)))
    decisions = [f"{each['at']}: {each['decision']} by {each['by']}. {each['reason']}" for each in about["decisions"]]
    parts.append(
        "<h2>Asked and approved</h2>" + (_list(decisions) if decisions else "<p>Nobody has said anything.</p>")
    )
    if not_read:
        parts.append("<h2>Could not be read</h2>" + _table(sorted(not_read.items())))
    return "\n".join(parts) + "\n<p>SHA256SUMS has the digest of every file of this archive.</p></body></html>\n"


def _said(each: Mapping[str, Any]) -> str:
    if "unknown" in each:
        return f"not known: {each['unknown']}"
    return _text(each["is"])


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {_text(part)}" for name, part in value.items() if part not in ("", [], {}))
    if isinstance(value, list):
        return "\n".join(" ".join(map(str, one.values())) if isinstance(one, Mapping) else str(one) for one in value)
    return str(value)


def _table(rows: Any) -> str:
    cells = (f"<tr><th>{escape(str(name))}</th><td>{_lines(str(said))}</td></tr>" for name, said in rows)
    return f"<table>{''.join(cells)}</table>"


def _list(items: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(each)}</li>' for each in items)}</ul>"


def _paragraphs(text: str) -> str:
    return f"<p>{_lines(text)}</p>" if text else ""


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")

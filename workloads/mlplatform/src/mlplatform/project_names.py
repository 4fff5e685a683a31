"""What a project may be called: it gives its name to a model, to a package of Python and to images."""

from __future__ import annotations

import re

#: Names of the AWS roles of training hold the model's, and IAM takes 64 characters; `components/settings/rules/trainedNames.ts` says the same.
LONGEST_NAME = 27
ALLOWED = f"a letter, then letters, digits and dashes, all small, no dash at the end, at most {LONGEST_NAME} characters"

_name = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


def wrong_name(name: str) -> str | None:
    """Why the platform would refuse the name later, with one that it takes where there is one; None where it takes it."""
    if _name.fullmatch(name) and len(name) <= LONGEST_NAME:
        return None
    better = re.sub(r"[^a-z0-9]+", "-", name.lower()).lstrip("-0123456789")[:LONGEST_NAME].rstrip("-")
    return f"name {name!r}; allowed: {ALLOWED}{f'; for example {better}' if better else ''}"


def package_of(name: str) -> str:
    """The package of a project; with a word more, so that `json` or `churn` hide no package that is there already."""
    return f"{name.replace('-', '_')}_project"

"""What a saved scikit-learn model holds beside plain types."""

from __future__ import annotations

from typing import Any


def trusted_types(model: Any) -> list[str]:
    """For `skops_trusted_types` of `mlflow.sklearn.log_model`, which saves no model with other types than it is told to trust.

    Trees keep their nodes in a type of their own, so every model of trees needs it. Loading takes these types and no others; the
    file is as trustworthy as the registry that it comes from.
    """
    import skops.io

    found: list[str] = skops.io.get_untrusted_types(data=skops.io.dumps(model))
    return found

"""
Linear models whose answer for a row does not depend on the rows beside it.

A matrix product rounds differently with the number of rows, because the linear-algebra library picks another kernel. Multiplying a
stack of one-row matrices takes the kernel of one row for each of them, so a batch gives what the requests would have got one by one.
"""

import copy
from typing import Any

import numpy as np


class _ProductByRow(np.ndarray):
    def __array_ufunc__(self, function: Any, method: str, *inputs: Any, **options: Any) -> Any:
        plain = [np.asarray(each) if isinstance(each, _ProductByRow) else each for each in inputs]
        if function is np.matmul and method == "__call__" and len(plain) == 2 and not options:
            left, right = plain
            if left is inputs[0] and left.ndim == 2 and len(left) > 1:
                stack = np.ascontiguousarray(left)[:, np.newaxis, :] @ right
                return stack[:, 0, ...]
        return getattr(function, method)(*plain, **options)


def exact_by_row(estimator: Any) -> Any | None:
    """A copy of a linear scikit-learn model, or of a pipeline that ends in one, or None for any other."""
    steps = getattr(estimator, "steps", None)
    if steps:
        name, last = steps[-1]
        exact = exact_by_row(last)
        if exact is None:
            return None
        pipeline = copy.copy(estimator)
        pipeline.steps = [*steps[:-1], (name, exact)]
        return pipeline
    coefficients = vars(estimator).get("coef_") if hasattr(estimator, "__dict__") else None
    if type(coefficients) is not np.ndarray:
        return None
    exact = copy.copy(estimator)
    exact.coef_ = coefficients.view(_ProductByRow)
    return exact

"""What the model answers. This file is saved with every version, and runs where the version is served: it imports libraries alone.

Delete it where the model's own `predict_proba` is the answer: a version is a plain model of scikit-learn then.
"""

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline


def score(model: Pipeline, inputs: pd.DataFrame) -> np.ndarray:
    """The probability of yes, of each row."""
    return model.predict_proba(inputs)[:, 1]

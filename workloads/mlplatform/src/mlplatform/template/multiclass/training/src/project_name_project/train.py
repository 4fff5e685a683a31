import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from project_name_project.contract import CATEGORIES, FLAGS, NUMBERS, TARGET


def train(rows: pd.DataFrame, hyperparameters: dict[str, float]) -> Pipeline:
    """A model of the rows, which keep the contract. Built of scikit-learn's own classes: a server has those, and none of this package.

    A category that it never saw is to it as one that is missing.
    """
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan)
    columns = make_column_transformer((encode, CATEGORIES), ("passthrough", [*NUMBERS, *FLAGS]))
    trees = HistGradientBoostingClassifier(
        max_iter=int(hyperparameters["max_iter"]),
        learning_rate=hyperparameters["learning_rate"],
        random_state=int(hyperparameters["seed"]),
        early_stopping=False,  # It sets rows of each class aside, and a rare class has too few.
        categorical_features=list(range(len(CATEGORIES))),
    )
    return make_pipeline(columns, trees).fit(rows[[*NUMBERS, *CATEGORIES, *FLAGS]], rows[TARGET])

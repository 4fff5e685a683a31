"""The contract of the data: which columns there are, and what is asked. The platform refuses rows that do not keep it."""

TARGET = "next_bill"
PROBLEM_TYPE = "regression"
NUMBERS = ["tenure_months", "monthly_charge", "support_calls"]
CATEGORIES = ["contract"]
FLAGS = ["autopay"]
#: Different values that a category may have: the trees of train.py take no more.
MOST_VALUES = 255

#: What may be set for a run, with what holds where nothing is; whole numbers stay whole.
HYPERPARAMETERS = {"max_iter": 40, "learning_rate": 0.1, "seed": 7}

"""What a command ends with, beside 0 and 1. 1 is final."""

# What was no fault of the model.
MAY_WORK_LATER = 2
# A step after which nothing is left to do: Airflow skips the others.
NOTHING_TO_DO = 99

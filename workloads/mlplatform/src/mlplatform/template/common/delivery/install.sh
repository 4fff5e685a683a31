#!/usr/bin/env bash
# Makes the environment that tests run in.
set -euo pipefail
python3 -m venv .venv
.venv/bin/pip install --quiet --requirement requirements-test.txt --editable training

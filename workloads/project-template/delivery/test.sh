#!/usr/bin/env bash
# What a commit must pass before anything is built from it.
set -euo pipefail
PYTHONPATH=training .venv/bin/python -m pytest -q tests

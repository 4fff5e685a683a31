#!/usr/bin/env bash
# What a commit must pass before anything is built from it.
set -euo pipefail
.venv/bin/python -m pytest -q tests

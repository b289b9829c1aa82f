#!/usr/bin/env bash
# Runs the tests, first making the environment they need. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(.ci/venv dev)
exec "$python" -m pytest --numprocesses auto "$@"

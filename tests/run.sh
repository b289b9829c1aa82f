#!/usr/bin/env bash
# Runs the tests, first making the environment they need. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(.ci/venv dev)
# Else every one of the programs that the tests start compiles all that it imports.
unset PYTHONDONTWRITEBYTECODE
# The test that uses schemathesis does without its plugin, which every worker would load.
exec "$python" -m pytest --numprocesses auto -p no:schemathesis "$@"

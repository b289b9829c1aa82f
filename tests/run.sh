#!/usr/bin/env bash
# Runs the tests, first making the environment they need. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(.ci/venv dev)
# Else every one of the programs that the tests start compiles all that it imports.
unset PYTHONDONTWRITEBYTECODE
# The test that uses schemathesis does without its plugin, which every worker would load. A test that takes ten minutes
# hangs, and shows where each of its threads does.
exec "$python" -m pytest --numprocesses auto -p no:schemathesis -o faulthandler_timeout=600 "$@"

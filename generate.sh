#!/usr/bin/env bash
# Regenerates generated_client/ from openapi.yaml; `./generate.sh --help` says what else it does.
# This file only finds or makes a Python with the pinned generator; overrides/spec does the work.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)

for python in "${PYTHON:-}" python3 "$root/.venv/bin/python" ""; do
  [ -n "$python" ] && "$python" -I "$root/overrides/spec/environment.py" 2>/dev/null && break
done
[ -n "$python" ] || python=$("$root/.ci/venv" codegen) || {
  echo "generate.sh: the pinned generator could not be installed, for the reason above; nothing was written." >&2
  exit 1
}

export PYTHONPATH=$root/overrides PYTHONUTF8=1
exec "$python" -P -m spec "$@"

#!/usr/bin/env bash
# Measures this package against the official one, first making the environments it needs. Options: --full, --json, --web, --publish.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(.ci/venv dev)
exec "$python" -m benchmarks "$@"

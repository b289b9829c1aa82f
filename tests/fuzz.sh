#!/usr/bin/env bash
# Sends random answers through every way of sending, for ten minutes or so many SECONDS; fails if a call ends in anything
# but a session or an error of ours, late, or with too much memory. Options after SECONDS: --help tells them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$(.ci/venv dev)
seconds=600
[[ ${1:-} =~ ^[0-9]+$ ]] && { seconds=$1; shift; }
PYTHONPATH=$PWD/tests:$PWD/overrides:$PWD exec "$python" -m fuzz --seconds "$seconds" "$@"

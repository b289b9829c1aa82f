#!/usr/bin/env bash
# Sets everything up and shows a session being created and cancelled: on an emulator of the API, or with --live on the
# API itself. Arguments go to `chatkit-sessions demo`. It needs Python 3.11 or newer and bash.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=$("$root/.ci/venv" demo)
exec "$python" -m chatkit_sessions demo "$@"

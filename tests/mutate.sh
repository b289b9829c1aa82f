#!/usr/bin/env bash
# Changes the code in one small way after another and lists the changes that no test notices; it takes some minutes.
# What a change was: cd mutants && ../.venv/bin/mutmut show MUTANT
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
PATH=$(dirname "$(.ci/venv mutation)"):$PATH

# mutmut takes a file's path for the name of its module, so it works in a folder where that is so.
rm -rf mutants
mkdir mutants
cd mutants
ln -s ../overrides/chatkit_sessions ../tests ../pyproject.toml .

MYPYPATH=$root mutmut run
mutmut results --all true | python "$root/tests/support/mutants.py"

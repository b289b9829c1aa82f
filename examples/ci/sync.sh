#!/usr/bin/env bash
# Takes over OpenAI's current document, in two steps of which only the second needs to be allowed to write.
#
#   sync.sh SOURCE               both, for a machine that may do everything anyway.
#   sync.sh make SOURCE FOLDER   in a clean checkout: leaves the report and a patch in FOLDER, and ends with 0 also when
#                                something breaks callers; `code` among the step's outputs is 0, 10 or 11 (no change, a
#                                compatible one, a breaking one). Any other ending needs a person: docs/regenerating.md.
#   sync.sh open CODE FOLDER     in another clean checkout: pushes the patch, opens a pull request with the report, and
#                                fails when CODE says that callers break. Needs git that may push, and gh.
set -euo pipefail
usage='usage: sync.sh SOURCE | sync.sh make SOURCE FOLDER | sync.sh open CODE FOLDER'
if [ $# = 1 ]; then
  step=both argument=$1 folder=$(mktemp -d)
else
  step=${1:?$usage} argument=${2:?$usage} folder=${3:?$usage}
fi
branch=sync-openapi code=0

make() {
  mkdir -p "$folder"
  local report=$folder/report.md
  ./generate.sh --upstream "$argument" --report-only --report "$report" || code=$?
  cat "$report" >>"${GITHUB_STEP_SUMMARY:-/dev/null}" 2>/dev/null || true
  echo "code=$code" >>"${GITHUB_OUTPUT:-/dev/null}"
  case $code in
    0) return ;;
    10 | 11) ;;
    12) echo "A correction is out of date: retire it or aim it again, see docs/regenerating.md." >&2; return 12 ;;
    *) return "$code" ;;
  esac
  # What the tool has to say, such as which new property has no description yet, is for the reviewer.
  if ! ./generate.sh --upstream "$argument" 2>"$folder/said" >/dev/null; then
    tail -n 1 "$folder/said" >&2
    echo "OpenAI's document needs a decision first, see docs/regenerating.md." >&2
    return 1
  fi
  sed 's/^/    /' "$folder/said" >>"$report" # indented, it is code to Markdown
  git add --intent-to-add openapi.yaml generated_client
  git diff --binary -- openapi.yaml generated_client >"$folder/patch"
}

open() {
  git switch --quiet --force-create "$branch"
  # Nothing but what the tool writes, whatever the patch says.
  git apply --index --include=openapi.yaml --include='generated_client/*' "$folder/patch"
  git commit --quiet --message "Take over OpenAI's current document"
  git push --quiet --force origin "$branch"
  gh pr create --head "$branch" --title "Take over OpenAI's current document" --body-file "$folder/report.md" \
    || gh pr edit "$branch" --body-file "$folder/report.md"
  if [ "$argument" = 11 ]; then
    echo "The new document breaks callers: decide in the pull request." >&2
    return 1
  fi
}

case $step in
  make) make ;;
  open) open ;;
  both)
    make
    [ "$code" != 0 ] || exit 0
    git reset --quiet --hard
    argument=$code
    open
    ;;
  *) echo "$usage" >&2; exit 2 ;;
esac

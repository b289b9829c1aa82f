#!/usr/bin/env bash
# Takes over OpenAI's current document: opens a pull request with what changed, and fails when that breaks callers.
# Usage: sync.sh SOURCE, at the root of a clean checkout; needs git that may push, and gh that may open a pull request.
set -euo pipefail
source=${1:?usage: sync.sh SOURCE}
branch=sync-openapi
body=$(mktemp)

code=0
./generate.sh --upstream "$source" --report-only --report "$body" || code=$?
cat "$body" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
case $code in
  0) exit ;;
  10 | 11) ;;
  *) exit "$code" ;;
esac

# What the tool has to say, such as which new property has no description yet, is for the reviewer.
if ! ./generate.sh --upstream "$source" 2>>"$body" >/dev/null; then
  tail -n 1 "$body" >&2
  echo "OpenAI's document needs a decision first, see docs/regenerating.md." >&2
  exit 1
fi
git switch --quiet --force-create "$branch"
git add openapi.yaml generated_client
git commit --quiet --message "Take over OpenAI's current document"
git push --quiet --force origin "$branch"
gh pr create --head "$branch" --title "Take over OpenAI's current document" --body-file "$body" \
  || gh pr edit "$branch" --body-file "$body"

if [ "$code" = 11 ]; then
  echo "The new document breaks callers: decide in the pull request." >&2
  exit 1
fi

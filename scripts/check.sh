#!/usr/bin/env bash
# Everything a change must pass. "changed" (what CI runs) looks with clang-tidy at changed files
# only and runs sanitizers on the labels made for them; "all" does everything on everything.
set -euo pipefail
which=${1:-changed}
export CI=true  # warnings are errors

scripts/format.sh --dry-run --Werror
if [[ $which == all ]]; then
  scripts/build_and_test.sh release
  scripts/build_and_test.sh asan-ubsan
  scripts/build_and_test.sh tsan
else
  scripts/build_and_test.sh asan-ubsan unit
  scripts/build_and_test.sh tsan threads
fi
scripts/tidy.sh "$which"

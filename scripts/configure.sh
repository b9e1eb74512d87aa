#!/usr/bin/env bash
# Configures build/PRESET; further arguments go to cmake. Silent unless it fails.
set -euo pipefail
preset=$1
shift
mkdir -p build
# Warnings are errors where changes are checked, not on a user's machine with another compiler.
if [[ -n ${CI:-} ]]; then set -- -DECRAM_WERROR=ON "$@"; fi
if ! cmake --preset "$preset" "$@" >"build/configure-$preset.log" 2>&1; then
  cat "build/configure-$preset.log" >&2
  exit 1
fi
grep -E '^-- ecramlab:' "build/configure-$preset.log" || true

#!/usr/bin/env bash
# Builds everything of build/PRESET and runs its tests; further arguments go to ctest (-L unit, say).
set -euo pipefail
preset=$1
shift
scripts/configure.sh "$preset" -DECRAM_TESTS=ON
cmake --build "build/$preset"
ctest --test-dir "build/$preset" --output-on-failure -j "$(nproc)" "$@"

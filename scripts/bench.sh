#!/usr/bin/env bash
# Builds and runs every benchmark of build/release.
set -euo pipefail
scripts/configure.sh release -DECRAM_BENCH=ON
cmake --build build/release
for benchmark in build/release/bench/*_bench; do "$benchmark" "$@"; done

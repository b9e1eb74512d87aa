#!/usr/bin/env bash
# Builds and runs the tests of build/PRESET: all of them, or those of one LABEL (unit, threads, slow, dft).
set -euo pipefail
preset=$1
label=${2:-}
scripts/configure.sh "$preset" -DECRAM_TESTS=ON
if [[ -n $label ]]; then
  labels=$label
  if [[ $label == unit ]]; then labels="unit|threads"; fi
  cmake --build "build/$preset" --target "build_$label"
  ctest --test-dir "build/$preset" --no-tests=error --output-on-failure -j "$(nproc)" -L "$labels"
else
  cmake --build "build/$preset"
  ctest --test-dir "build/$preset" --no-tests=error --output-on-failure -j "$(nproc)"
fi

#!/usr/bin/env bash
# Runs clang-format-16 over the sources with the arguments given (-i, or --dry-run --Werror).
set -euo pipefail
git ls-files -co --exclude-standard '*.h' '*.cpp' | xargs clang-format-16 "$@"

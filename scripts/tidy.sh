#!/usr/bin/env bash
# clang-tidy-16 over build/release's sources: "all", or "changed" for those that differ from the
# commit before this one (all of them where there is none).
set -euo pipefail
which=${1:-changed}
base=$(git rev-parse -q --verify HEAD~1 || true)
if [[ $which == changed && -n $base ]]; then
  mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- '*.cpp')
else
  mapfile -t files < <(git ls-files '*.cpp')
fi
[[ ${#files[@]} -gt 0 ]] || { echo "tidy: nothing to look at"; exit 0; }
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 2 clang-tidy-16 --quiet -p build/release
echo "tidy: ${#files[@]} files are clean"

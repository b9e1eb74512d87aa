#!/usr/bin/env bash
# clang-tidy-16 over build/release's sources: "all", or "changed" for those that differ from the
# commit before this one, or include a header that does (all of them where there is none).
set -euo pipefail
which=${1:-changed}
base=$(git rev-parse -q --verify HEAD~1 || true)
if [[ $which == changed && -n $base ]]; then
  mapfile -t headers < <(git diff --name-only --diff-filter=d "$base" -- '*.h' | sed 's|^src/||; s|^tests/||')
  mapfile -t files < <(
    {
      git diff --name-only --diff-filter=d "$base" -- '*.cpp'
      for header in "${headers[@]}"; do git grep -lF "\"$header\"" -- '*.cpp' || true; done
    } | sort -u
  )
else
  mapfile -t files < <(git ls-files '*.cpp')
fi
[[ ${#files[@]} -gt 0 ]] || { echo "tidy: nothing to look at"; exit 0; }
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 2 clang-tidy-16 --quiet -p build/release
echo "tidy: ${#files[@]} files are clean"

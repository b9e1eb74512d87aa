#!/usr/bin/env bash
# Installs the system packages of packages.txt that are missing. Arguments: the groups wanted beside
# what every build needs ("test", "check"). As root or through sudo it installs; otherwise it prints
# the command to run and stops.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "setup: this is not a Debian system; install the equivalents of scripts/packages.txt by hand" >&2
  exit 3
fi

missing=()
while read -r package group; do
  case "$package" in '' | '#'*) continue ;; esac
  if [[ -n "$group" && " $* " != *" $group "* ]]; then continue; fi
  if [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]]; then missing+=("$package"); fi
done <"$here/packages.txt"

if [[ ${#missing[@]} -eq 0 ]]; then exit 0; fi

install=(apt-get install -y --no-install-recommends "${missing[@]}")
if [[ $(id -u) -eq 0 ]]; then
  as_root=()
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; then
  as_root=(sudo)
else
  echo "setup: these packages are missing; run this as root, then again what you ran:" >&2
  echo "  apt-get update && ${install[*]}" >&2
  exit 3
fi

echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" -qq >/dev/null

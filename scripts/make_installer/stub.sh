#!/bin/sh
# cube-install @VERSION@ for linux/@ARCHITECTURE@: this script, and after it a gzipped tar with the
# program and its own Python. It is unpacked once, into a cache that only its user may read.
set -eu

fail() {
  printf 'error: %s\n  what to do: %s\n' "$1" "$2" >&2
  exit 2
}

[ "$(uname -s)/$(uname -m)" = Linux/@MACHINE@ ] ||
  fail "this cube-install is for Linux on @MACHINE@, and this is $(uname -s) on $(uname -m)" \
    "use the cube-install that was made for this kind of machine"
cache=${CUBE_INSTALL_CACHE:-${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}}
[ -n "$cache" ] || fail "there is no home directory to unpack into" \
  "name a directory of your own: CUBE_INSTALL_CACHE=DIR $0"
program=$cache/cube-install/@IDENTITY@
# Where others may write, somebody could have laid another program there.
[ ! -e "$cache/cube-install" ] || [ -O "$cache/cube-install" ] ||
  fail "$cache/cube-install is somebody else's" \
    "name a directory of your own: CUBE_INSTALL_CACHE=DIR $0"

unpack() {
  umask 077
  mkdir -p "$cache/cube-install" || fail "$cache cannot be written to" \
    "name another directory: CUBE_INSTALL_CACHE=DIR $0"
  # What a killed one left; one that is at work is not as old.
  find "$cache/cube-install" -maxdepth 1 -name "part.*" -mmin +60 -exec rm -rf {} +
  part=$(mktemp -d "$cache/cube-install/part.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  trap 'exit 130' INT TERM
  tail -c +@OFFSET@ "$0" | tar -xzf - -C "$part" 2>"$part/errors" ||
    fail "$0 could not be unpacked below $cache: $(tail -n 1 "$part/errors")" \
      "see that there are @MEGABYTES@ MB free, else copy the file again: it is damaged"
  "$part/python/bin/python3" -I -c "" 2>"$part/errors" ||
    fail "the program does not run from $cache: $(tail -n 1 "$part/errors")" \
      "it needs glibc 2.17 or newer, and a directory from which programs may be started: CUBE_INSTALL_CACHE=DIR $0"
  rm "$part/errors"
  # Another process may have been quicker; then ours ends up inside, and goes.
  mv "$part" "$program" 2>/dev/null || true
  rm -rf "$program/${part##*/}" "$part"
  trap - EXIT INT TERM
}

[ -e "$program/cube-install" ] || unpack
# What a service has to start: the unpacked program may be deleted at any time.
CUBE_INSTALL_PROGRAM=$(command -v -- "$0" || printf '%s' "$0")
export CUBE_INSTALL_PROGRAM
exec "$program/python/bin/python3" -I "$program/cube-install" "$@"

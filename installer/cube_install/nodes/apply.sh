#!/bin/sh
# Sets a node up to pull images from the site's registry. Run it as root:
#   sh apply.sh          writes the files, restarts what has to be, and takes all back if that fails
#   sh apply.sh check    only says whether that could be done
#   sh apply.sh restore  puts back what was there before
# Exit codes: 0 done, 10 a file is not what it was, 11 a setting is refused, 12 no root,
# 13 no room, 20 taken back, 21 taken back, and a service is down nevertheless.
# What was there before is kept in /var/lib/cube-airgap/nodes.
set -u
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin
umask 077
# A connection that breaks while a service restarts must not leave a node half done.
trap '' HUP PIPE
home=${CUBE_AIRGAP_HOME:-/var/lib/cube-airgap/nodes}
patience=${CUBE_AIRGAP_PATIENCE:-120}
settling=${CUBE_AIRGAP_SETTLING:-5}
services=
kubelet=

say() { printf 'say\t%s\n' "$*"; }

fail() {
  code=$1
  shift
  printf 'failed\t%s\n' "$*"
  rm -rf "$work"
  exit "$code"
}

begin() {
  name=$1
  work=$home/$name.work
  kept=$home/$name
  [ "$(id -u)" = 0 ] || fail 12 "this needs root"
  rm -rf "$work"
  mkdir -p "$work/new" 2>/dev/null || fail 13 "$home cannot be written"
  : >"$work/list"
}

# file PATH MODE BEFORE: the new content, in base64, is on stdin; BEFORE is the sha256 of the old one.
file() {
  new=$work/new$1
  mkdir -p "$(dirname "$new")"
  base64 -d >"$new" || fail 13 "there is no room for $1"
  printf '%s %s %s\n' "$2" "$3" "$1" >>"$work/list"
}

service() { services="$services $1:$2"; }

check_files() {
  while read -r mode before path; do
    if [ -e "$path" ]; then now=$(sha256sum <"$path" | cut -d' ' -f1); else now=absent; fi
    [ "$now" = "$before" ] ||
      fail 10 "$path is not what it was when the node was surveyed: survey it again"
  done <"$work/list"
}

check_settings() {
  config=$work/new/etc/containerd/config.toml
  if [ -e "$config" ] && command -v containerd >/dev/null; then
    told=$(containerd --config "$config" config dump 2>&1 >"$work/dump") ||
      fail 11 "containerd refuses its new config.toml: $(echo "$told" | tail -n 1)"
    grep -q "config_path = [\"'][^\"']" "$work/dump" ||
      fail 11 "containerd does not take config_path from its new config.toml"
  fi
  config=$work/new/etc/docker/daemon.json
  if [ -e "$config" ] && dockerd --help 2>/dev/null | grep -q -e --validate; then
    told=$(dockerd --validate --config-file "$config" 2>&1) ||
      fail 11 "Docker refuses its new daemon.json: $(echo "$told" | tail -n 1)"
  fi
}

keep_old() {
  rm -rf "$kept"
  mkdir -p "$kept/old"
  cp "$work/list" "$kept/list"
  while read -r mode before path; do
    [ -e "$path" ] || continue
    mkdir -p "$kept/old$(dirname "$path")"
    cp -p "$path" "$kept/old$path" || fail 13 "there is no room for what is to be kept"
  done <"$work/list"
}

# The directories are for everyone, as the packages of these programs have them.
put_new() {
  while read -r mode before path; do
    (umask 022 && mkdir -p "$(dirname "$path")") || return 1
    if ! put_one "$mode" "$path"; then
      rm -f "$path.cube-new"
      return 1
    fi
  done <"$work/list"
}

# What is there keeps its owner and its rights, but others may not read what now holds a login.
put_one() {
  if [ -e "$2" ]; then
    cp -p "$2" "$2.cube-new" || return 1
    [ "$1" != 600 ] || chmod go= "$2.cube-new" || return 1
  else
    : >"$2.cube-new" && chmod "$1" "$2.cube-new" || return 1
  fi
  cat "$work/new$2" >"$2.cube-new" && mv "$2.cube-new" "$2"
}

put_old() {
  while read -r mode before path; do
    if [ -e "$kept/old$path" ]; then
      cp -p "$kept/old$path" "$path.cube-new" && mv "$path.cube-new" "$path"
    else
      rm -f "$path"
    fi
  done <"$kept/list"
}

works() {
  systemctl is-active --quiet "$1" || return 1
  case "$1" in
    containerd) ctr version >/dev/null 2>&1 ;;
    docker) docker version >/dev/null 2>&1 ;;
    *) true ;;
  esac
}

# Some fall a moment after they started: it has to work twice.
wait_for() {
  left=$patience
  until works "$1"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || return 1
    ! systemctl is-failed --quiet "$1" || return 1  # it is not going to come back
    sleep 1
  done
  sleep "$settling"
  works "$1"
}

use_settings() {
  for one in $services; do
    say "${one#*:} ${one%%:*}"
    systemctl reset-failed "${one%%:*}" 2>/dev/null
    systemctl "${one#*:}" "${one%%:*}" || return 1
    wait_for "${one%%:*}" || return 1
  done
  [ -z "$kubelet" ] || wait_for kubelet
}

apply() {
  check_files
  check_settings
  keep_old
  ! systemctl is-active --quiet kubelet 2>/dev/null || kubelet=yes
  if put_new && use_settings; then
    rm -rf "$work"
    printf 'done\t%s\n' "$kept"
    return
  fi
  restore "it did not come back with the new settings"
}

restore() {
  [ -e "$kept/list" ] || fail 10 "nothing of $name was kept here"
  put_old
  if use_settings; then
    fail 20 "$1, and has its old ones again"
  fi
  fail 21 "$1, nor with its old ones, which are back in their places"
}

main() {
  case "${1:-}" in
    '') apply ;;
    check)
      check_files
      check_settings
      rm -rf "$work"
      printf 'done\t%s\n' "it could be done"
      ;;
    restore) restore "it was asked to go back" ;;
    *) fail 2 "usage: apply.sh [check|restore]" ;;
  esac
}

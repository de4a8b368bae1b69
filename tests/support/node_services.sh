#!/bin/sh
# Stands in for systemctl on a host of the lab: services are programs whose commands are in files
# NAME.command. A file NAME.broken is a service that ends at once when it is started.
home=${0%/*}/services
[ "$1" = -q ] && shift
action=$1
shift
[ "${1:-}" = --quiet ] && shift
name=${1:-}
# One that ended and that nobody has asked about yet (Z) does not run.
runs() {
  [ -e "$home/$name.pid" ] || return 1
  grep -q '^State:[[:space:]]*[^Z]' "/proc/$(cat "$home/$name.pid")/status" 2>/dev/null
}
printf '%s %s\n' "$action" "$name" >>"$home/log"
case "$action" in
  is-active)
    if runs; then echo active; else echo inactive; exit 3; fi
    ;;
  is-failed)
    ! runs && [ -e "$home/$name.pid" ] || exit 1
    ;;
  reset-failed | daemon-reload) ;;
  --version) echo "systemd 252 (stand-in)" ;;
  enable) sed -n 's/^ExecStart=//p' "/etc/systemd/system/$name" >"$home/$name.command" ;;
  reload) runs && kill -HUP "$(cat "$home/$name.pid")" ;;
  restart | start | stop)
    if runs; then
      kill "$(cat "$home/$name.pid")"
      while runs; do sleep 0.05; done
    fi
    rm -f "$home/$name.pid"
    [ "$action" = stop ] && exit 0
    [ -e "$home/$name.command" ] || exit 5
    [ ! -e "$home/$name.broken" ] || exit 1
    setsid sh -c 'echo $$ >"$0.pid"; exec sh -c "exec $(cat "$0.command")"' "$home/$name" \
      </dev/null >>"$home/$name.log" 2>&1 &
    while [ ! -e "$home/$name.pid" ]; do sleep 0.02; done
    ;;
  *) exit 2 ;;
esac

#!/bin/bash
# Stands in for Docker's compose plugin, as far as Harbor's installer needs it: what it starts is a
# process that answers as a Harbor does, and a container that only holds the name. One project.
set -e

holds() { docker inspect --format '{{index .Config.Labels "com.docker.compose.project.working_dir"}}' harbor-core 2>/dev/null; }
# One that ended and that nobody has buried yet does not run.
runs() { [ -f "$STAND_IN/pid" ] && grep -qs '^State:.[^ZX]' "/proc/$(cat "$STAND_IN/pid")/status"; }

up() {
  [ -f docker-compose.yml ] || { echo "no configuration file provided: not found" >&2; exit 14; }
  image=$(sed -n 's/^ *image: //p' docker-compose.yml)
  there=$(holds || true)
  if [ -z "$there" ]; then
    docker create --name harbor-core --label com.docker.compose.project=harbor \
      --label "com.docker.compose.project.working_dir=$PWD" "$image" >/dev/null
  elif [ "$there" != "$PWD" ]; then
    echo "Conflict. The container name \"/harbor-core\" is already in use" >&2
    exit 1
  fi
  runs && return
  here=$PWD
  cd "$STAND_IN_ROOT"
  setsid "$STAND_IN_PYTHON" -m tests.support.harbor_installer.services "$here" \
    </dev/null >>"$STAND_IN/services.log" 2>&1 &
  echo $! >"$STAND_IN/pid"
}

down() {
  docker rm -f harbor-core >/dev/null 2>&1 || true
  if runs; then
    kill "$(cat "$STAND_IN/pid")"
    while runs; do sleep 0.05; done
  fi
  rm -f "$STAND_IN/pid"
}

if [ "$1" = docker-cli-plugin-metadata ]; then
  echo '{"SchemaVersion":"0.1.0","Vendor":"the tests","Version":"v2.24.0"}'
  exit
fi
[ "$1" = compose ] && shift
command=$1
shift
case $command in
  version) echo "Docker Compose version v2.24.0" ;;
  ps) holds || true ;;
  up | down)
    echo "$command" >>"$STAND_IN/events"
    "$command"
    ;;
  *)
    echo "unknown docker command: \"compose $command\"" >&2
    exit 1
    ;;
esac

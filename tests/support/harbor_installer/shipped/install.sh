#!/bin/bash
# A stand-in for Harbor's install.sh: the same steps, and the same traps.
set -e
cd "$(dirname "$0")"
source ./common.sh

with_trivy=
while [ $# -gt 0 ]; do
  case $1 in
    --with-trivy) with_trivy=--with-trivy ;;
    *)
      echo "usage: install.sh [--with-trivy]"
      exit 1
      ;;
  esac
  shift
done

check_docker
check_compose
# With two such files this is an error of the shell's, and then nothing is loaded.
if [ -f harbor*.tar.gz ]; then
  docker load -i ./harbor*.tar.gz
fi
if [ -n "$host" ]; then
  sed "s/^hostname: .*/hostname: $host/g" -i ./harbor.yml
fi
./prepare $with_trivy
# As in the original this is always so: a second run restarts everything.
if [ -n "docker compose ps -q" ]; then
  docker compose down -v
fi
docker compose up -d
echo "installed and started"

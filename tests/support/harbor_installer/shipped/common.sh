# A stand-in for Harbor's common.sh.
bold=$(tput bold || true)

check_docker() {
  docker --version >/dev/null || { echo "Docker is needed"; exit 1; }
}

check_compose() {
  docker compose version >/dev/null || { echo "the compose plugin is needed"; exit 1; }
}

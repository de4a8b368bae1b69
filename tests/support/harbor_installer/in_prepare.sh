# What the stand-in for the image goharbor/prepare does: `prepare` and `migrate`.
set -e

top() { sed -n "s/^$1: *//p" /input/harbor.yml; }
below() { awk -v part="$1:" -v key="$2:" '/^[^ #]/ {on = ($1 == part)} on && /^ / && $1 == key {print $2}' /input/harbor.yml; }

refuse() {
  echo "Error happened in config validation..."
  echo "$1"
  exit 1
}

prepare() {
  trivy=
  [ "$1" = --with-trivy ] && trivy=1
  case $(top hostname) in
    127.0.0.1) refuse "127.0.0.1 can not be the hostname" ;;
    reg.mydomain.com) refuse "Please specify hostname" ;;
  esac
  rm -rf /config/* /data/secret/cert
  mkdir -p /config/core /data/secret/cert /data/secret/keys /data/registry /data/database
  chmod 700 /data/database
  [ -f /data/secret/keys/secretkey ] || echo 0123456789abcdef >/data/secret/keys/secretkey
  certificate=$(below https certificate)
  if [ -n "$certificate" ]; then
    cp "/hostfs$certificate" /data/secret/cert/server.crt
    cp "/hostfs$(below https private_key)" /data/secret/cert/server.key
  fi
  cat >/config/core/env <<END
HARBOR_ADMIN_PASSWORD=$(top harbor_admin_password)
POSTGRESQL_PASSWORD=$(below database password)
END
  cat >/compose_location/docker-compose.yml <<END
services:
  core:
    container_name: harbor-core
    image: goharbor/harbor-core:$VERSION
x-stand-in:
  host: $(top hostname)
  version: $VERSION
  http: $(below http port)
  https: $(below https port)
  data: $(top data_volume)
END
  [ -z "$trivy" ] || echo "  trivy: goharbor/trivy-adapter:$VERSION" >>/compose_location/docker-compose.yml
  echo "the configuration is ready"
}

migrate() {
  [ "$1" = -i ] || exit 2
  path=/hostfs$2
  grep -v '^ *#' "$path" | sed "s/^_version: .*/_version: $FORMAT/" >/tmp/migrated
  rm "$path"  # what is written has another mode, as with the original
  cp /tmp/migrated "$path"
  chmod 644 "$path"
  echo "Written new values to $path"
}

VERSION=$1
FORMAT=$2
command=$3
shift 3
$command "$@"

#!/bin/sh
# Tells what a node is and how its container runtimes are set up. It changes nothing. Give it the
# registry's address to try, for instance: sh survey.sh https://harbor.example
# Each line is a name, a tab and a value. Files are in base64: keep the output to yourself, since a
# configuration may hold passwords.
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/var/lib/rancher/rke2/bin
tab=$(printf '\t')

tell() { printf '%s\t%s\n' "$1" "$2"; }

tell_file() {
  [ -f "$1" ] && [ -r "$1" ] || return 0
  printf 'file %s\t' "$1"
  base64 <"$1" | tr -d '\n'
  printf '\n'
}

tell_disk() {
  directory=$1
  while [ ! -d "$directory" ]; do directory=$(dirname "$directory"); done
  tell "disk $1" "$(df -Pk "$directory" | awk 'NR == 2 {print $4}')"
}

# The mount point and the kind of what a directory is on, and where it comes from.
tell_storage() {
  [ -d "$1" ] || return 0
  mounted=$(df -P "$1" | awk 'NR == 2 {print $6}')
  tell "storage $1" "$(awk -v at="$mounted" '$2 == at {found = $2 " " $3 " " $1} END {print found}' \
    /proc/mounts)"
}

tell_gpus() {
  count=0
  for vendor in /sys/bus/pci/devices/*/vendor; do
    [ -r "$vendor" ] || continue
    case "$(cat "$vendor") $(cat "${vendor%/vendor}/class")" in
      "0x10de 0x03"*) count=$((count + 1)) ;;
    esac
  done
  tell gpus "$count"
  [ ! -r /proc/driver/nvidia/version ] ||
    tell gpu-driver "$(awk '/NVRM/ {for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+[.][0-9.]+$/) {print $i; exit}}' \
      /proc/driver/nvidia/version)"
  tell nvidia-runtime "$(command -v nvidia-container-runtime)"
}

tell_services() {
  for service in containerd docker kubelet k3s k3s-agent rke2-server rke2-agent; do
    state=$(systemctl is-active "$service" 2>/dev/null)
    [ "$state" = active ] && tell "service $service" active
  done
}

tell_reach() {
  [ -n "$1" ] || return 0
  if command -v curl >/dev/null; then
    code=$(curl -sk -o /dev/null -m 10 -w '%{http_code}' "$1/v2/" 2>/dev/null)
    case "$code" in
      200 | 401) tell reach yes ;;
      000 | '') tell reach no ;;
      *) tell reach "status $code" ;;
    esac
  fi
}

tell survey 1
tell user "$(id -u)"
tell time "$(date +%s)"
tell name "$(hostname 2>/dev/null || cat /proc/sys/kernel/hostname)"
tell architecture "$(uname -m)"
tell kernel "$(uname -r)"
if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then tell cgroup 2; else tell cgroup 1; fi
tell swap "$(awk 'NR > 1 {sum += $3} END {print sum + 0}' /proc/swaps)"
tell containerd "$(containerd --version 2>/dev/null | awk '{print $3}')"
tell docker "$(dockerd --version 2>/dev/null | awk '{sub(",", "", $3); print $3}')"
tell_services
tell_gpus
tell_reach "${1:-}"
for directory in /var/lib/containerd /var/lib/docker /var/lib/rancher; do tell_disk "$directory"; done
tell_storage /data/k8s
for file in /etc/containerd/config.toml /etc/docker/daemon.json \
  /etc/rancher/k3s/registries.yaml /etc/rancher/rke2/registries.yaml \
  /etc/rancher/k3s/cube-airgap-ca.crt /etc/rancher/rke2/cube-airgap-ca.crt; do
  tell_file "$file"
done
own=$(sed -n "s/^[ $tab]*config_path *= *[\"']\([^\"':]*\).*/\1/p" /etc/containerd/config.toml \
  2>/dev/null)
for directory in /etc/containerd/certs.d /etc/docker/certs.d $own; do
  for file in "$directory"/*/hosts.toml "$directory"/*/ca.crt; do tell_file "$file"; done
done
tell end 1

#!/bin/sh
# Puts real servers where the tests find them: prometheus (with promtool), prometheus-alertmanager and sshd (with ssh).
# One on PATH, else Debian's package unpacked into the folder given, without installing it and without root. Never
# fails: what cannot be had is skipped, with a reason, by the tests that need it.
folder=${1:?usage: servers.sh FOLDER}

have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "$folder/usr/bin/$1" ] || [ -x "$folder/usr/sbin/$1" ]; }
download() { (cd "$folder/download" && timeout 180 apt-get download "$@" >/dev/null 2>&1); }
updated=

# want PROGRAM PACKAGE…
want() {
  program=$1
  shift
  have "$program" && return
  if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-deb >/dev/null 2>&1; then
    echo "servers: no $program on PATH and no Debian packages here; its tests will skip" >&2
    return
  fi
  mkdir -p "$folder/download"
  if ! download "$@" && [ "$(id -u)" = 0 ]; then
    [ -n "$updated" ] || timeout 180 apt-get update >/dev/null 2>&1
    updated=yes
    download "$@"
  fi
  for package in "$folder"/download/*.deb; do
    [ -e "$package" ] && dpkg-deb -x "$package" "$folder"
  done
  rm -rf "$folder/download"
  have "$program" || echo "servers: $program could not be had; its tests will skip" >&2
}

want prometheus prometheus
want prometheus-alertmanager prometheus-alertmanager
want ssh openssh-client
# sshd is linked to libwrap, which few systems have without it.
want sshd openssh-server libwrap0
exit 0

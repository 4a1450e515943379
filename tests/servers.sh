#!/bin/sh
# Puts a real prometheus (with promtool) where the tests find it: one on PATH, else Debian's package unpacked into the
# folder given, without installing it and without root. Never fails: what cannot be had is skipped, with a reason, by
# the tests that need it.
folder=${1:?usage: servers.sh FOLDER}
if command -v prometheus >/dev/null 2>&1 || [ -x "$folder/usr/bin/prometheus" ]; then exit 0; fi
if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-deb >/dev/null 2>&1; then
  echo "servers: no prometheus on PATH and no Debian packages here; its tests will skip" >&2
  exit 0
fi
mkdir -p "$folder/download"
get() { (cd "$folder/download" && timeout 180 apt-get download prometheus >/dev/null 2>&1); }
if ! get && [ "$(id -u)" = 0 ]; then
  timeout 180 apt-get update >/dev/null 2>&1
  get
fi
for package in "$folder"/download/*.deb; do
  [ -e "$package" ] && dpkg-deb -x "$package" "$folder"
done
rm -rf "$folder/download"
[ -x "$folder/usr/bin/prometheus" ] || echo "servers: prometheus could not be had; its tests will skip" >&2
exit 0

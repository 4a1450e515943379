#!/bin/sh
# Puts htop, btop and glances where the benchmarks find them: Debian's packages unpacked into FOLDER/peers, glances by pip
# into an environment of its own in FOLDER/glances. Nothing is installed, no root is needed. Never fails: what cannot be had
# is a row that says so.
folder=${1:?usage: peers.sh FOLDER PYTHON}
python=${2:?usage: peers.sh FOLDER PYTHON}
have() { command -v "$1" >/dev/null 2>&1 || [ -x "$folder/peers/usr/bin/$1" ]; }
if ! { have htop && have btop; } && command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1; then
  mkdir -p "$folder/peers/download"
  get() {
    (cd "$folder/peers/download" &&
      timeout 180 apt-get download htop btop libncursesw6 libtinfo6 libnl-3-200 libnl-genl-3-200 >/dev/null 2>&1)
  }
  if ! get && [ "$(id -u)" = 0 ]; then
    timeout 180 apt-get update >/dev/null 2>&1
    get
  fi
  for package in "$folder"/peers/download/*.deb; do
    [ -e "$package" ] && dpkg-deb -x "$package" "$folder/peers"
  done
  rm -rf "$folder/peers/download"
fi
if ! command -v glances >/dev/null 2>&1 && ! [ -x "$folder/glances/bin/glances" ]; then
  "$python" -m venv "$folder/glances" && "$folder/glances/bin/python" -m pip --disable-pip-version-check -q install glances
fi
for peer in htop btop; do have "$peer" || echo "benchmarks: $peer could not be had; its rows say so" >&2; done
[ -x "$folder/glances/bin/glances" ] || command -v glances >/dev/null 2>&1 ||
  echo "benchmarks: glances could not be had; its rows say so" >&2
exit 0

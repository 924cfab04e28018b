#!/bin/sh
# Copyright: (c) 2026, mailflow.exchange_online contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# cores.sh: runs the smoke test of tests/integration/test_older_way.py with every ansible-core that this machine's
# Pythons allow. cores.sh --list names them, with their Pythons. cores.sh --make VERSION|oldest|newest makes the virtual
# environment of one in .cache/cores, unless it is there, and prints its directory. That of 2.16 has the oldest of
# everything that the collection promises to run with.
set -eu
cd "$(dirname "$0")/../.."

# Which Pythons a core runs on, the preferred first: the oldest core with the oldest, the newest with the newest.
MATRIX='2.16:3.10 3.11 3.12
2.17:3.10 3.11 3.12
2.18:3.11 3.12 3.13
2.19:3.11 3.12 3.13
2.20:3.14 3.13 3.12
2.21:3.14 3.13 3.12'

# Real interpreters of this version, on PATH and among those of pyenv. A name proves nothing: version managers leave
# stubs there that only fail.
python_of() {
    {
        printf '%s\n' "$PATH" | tr ':' '\n'
        for directory in "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin; do printf '%s\n' "$directory"; done
    } | while IFS= read -r directory; do
        case $directory in "$PWD/.venv/bin" | '') continue ;; esac
        python=$directory/python$1
        if [ -x "$python" ] && [ "$("$python" -c "$PROBE" 2>/dev/null)" = "$1" ]; then
            printf '%s\n' "$python"
            break
        fi
    done
}
PROBE='import ensurepip, ssl, sys, venv; print("%d.%d" % sys.version_info[:2])'

# Lines of "core python", for the cores that can be had here.
available() {
    printf '%s\n' "$MATRIX" | while IFS=: read -r core versions; do
        for version in $versions; do
            python=$(python_of "$version")
            if [ -n "$python" ]; then
                printf '%s %s\n' "$core" "$python"
                break
            fi
        done
    done
}

make_one() {
    case $1 in
        oldest) line=$(available | head -n 1) ;;
        newest) line=$(available | tail -n 1) ;;
        *) line=$(available | grep "^$1 " || true) ;;
    esac
    if [ -z "$line" ]; then
        echo "No Python on this machine runs ansible-core $1; these can be had:" >&2
        available >&2
        exit 1
    fi
    core=${line%% *}
    python=${line#* }
    venv=$PWD/.cache/cores/$core
    mkdir -p .cache/cores
    {
        flock 9
        # What it was made from: another Python or other requirements make it anew.
        requirements=tests/tools/requirements/core-$core.txt
        wanted="$python $(cksum <"$requirements")"
        if [ "$(cat "$venv/.made" 2>/dev/null)" != "$wanted" ]; then
            rm -rf "$venv"
            "$python" -m venv "$venv"
            PIP_USER=0 "$venv/bin/python" -m pip install -qq --disable-pip-version-check \
                --require-hashes -r "$requirements" >&2
            printf '%s\n' "$wanted" >"$venv/.made"
        fi
    } 9>".cache/cores/$core.lock"
    printf '%s\n' "$venv"
}

case ${1:-} in
    --list) available ;;
    --make) make_one "$2" ;;
    '')
        cores=$(available | cut -d ' ' -f 1 | tr '\n' ' ')
        echo "== ansible-core $cores"
        CORES=$cores .venv/bin/python -m pytest --no-header -q tests/integration/test_older_way.py -k ansible_core
        ;;
    *)
        echo "usage: cores.sh [--list | --make VERSION|oldest|newest]" >&2
        exit 2
        ;;
esac

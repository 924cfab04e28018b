#!/bin/sh
# Copyright: (c) 2026, mailflow.exchange_online contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Makes .venv from nothing, or brings it up to requirements-dev.txt. Needs a Python >= 3.11 with its venv module and
# nothing else. Called by the Makefile; PYTHON=/path/to/python chooses the interpreter.
set -eu
cd "$(dirname "$0")/../.."
venv=.venv

# A name on PATH proves nothing (version managers leave stubs there that only fail): ask the interpreter itself.
new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

has_venv() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

candidates() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" || echo "$PYTHON"
        return
    fi
    for name in python3.13 python3.12 python3.11 python3; do
        printf '%s\n' "$PATH" | tr ':' '\n' | while IFS= read -r directory; do
            case $directory in
                "$PWD/$venv/bin" | '') ;;
                *) if [ -x "$directory/$name" ]; then printf '%s\n' "$directory/$name"; fi ;;
            esac
        done
    done
}

choose() {
    candidates | while IFS= read -r python; do
        new_enough "$python" || continue
        if has_venv "$python"; then
            echo "$python"
            break
        fi
    done
}

create() {
    chosen=$(choose)
    if [ -n "$chosen" ]; then
        echo "== Making $venv with $("$chosen" --version)"
        rm -rf "$venv"
        "$chosen" -m venv "$venv"
        return
    fi
    lacking=$(candidates | while IFS= read -r python; do if new_enough "$python"; then echo "$python"; break; fi; done)
    if [ -n "$lacking" ]; then
        echo "$lacking cannot make virtual environments: install its venv package" >&2
        echo "(Debian and Ubuntu: apt install python3-venv) or name another one: make PYTHON=/path/to/python ..." >&2
    else
        echo "No Python 3.11 or newer that runs was found${PYTHON:+ at $PYTHON}: install one," >&2
        echo "or name it: make PYTHON=/path/to/python3.12 ..." >&2
    fi
    exit 1
}

if ! new_enough "$venv/bin/python" || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    create
fi
echo "== Installing what requirements-dev.txt names into $venv (the first time this takes a minute)"
PIP_USER=0 "$venv/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes \
    -r requirements-dev.txt
touch "$venv/.ready"

#!/bin/sh
# Copyright: (c) 2026, mailflow.exchange_online contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Makes .cache/fuzz/venv, which has atheris and sees what .venv has. There are wheels for Linux on x86_64 only, so it is
# no requirement of the checkout: the unit tests drive the same harnesses without it.
set -eu
cd "$(dirname "$0")/../.."
venv=.cache/fuzz/venv
wanted="$(.venv/bin/python -V) $(cksum <tests/fuzz/requirements.txt)"
if [ "$(cat "$venv/.made" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$venv"
    .venv/bin/python -m venv "$venv"
    PIP_USER=0 "$venv/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: \
        -r tests/fuzz/requirements.txt
    site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    .venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' >"$site/checkout.pth"
    printf '%s\n' "$wanted" >"$venv/.made"
fi

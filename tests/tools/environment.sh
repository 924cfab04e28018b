#!/bin/sh
# Copyright: (c) 2026, mailflow.exchange_online contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# environment.sh NAME: the virtual environment .cache/tools/NAME with what tests/tools/requirements/NAME.txt names, each
# package held to its hash. It is left alone where it has that already. Made with the Python of .venv.
set -eu
cd "$(dirname "$0")/../.."
wanted=tests/tools/requirements/$1.txt
place=.cache/tools/$1
mkdir -p .cache/tools
exec 9>".cache/tools/$1.lock"
flock 9
if cmp -s "$wanted" "$place/.made"; then
    exit 0
fi
rm -rf "$place"
.venv/bin/python -m venv "$place"
PIP_USER=0 "$place/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes -r "$wanted"
cp "$wanted" "$place/.made"

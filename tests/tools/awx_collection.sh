#!/bin/sh
# Copyright: (c) 2026, mailflow.exchange_online contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# The collection awx.awx in .cache/awx, out of the package ansible, which is downloaded for it and thrown away. Called by
# the tests that need it; a second call at the same time waits for the first.
set -eu
cd "$(dirname "$0")/../.."
wanted=tests/tools/requirements/awx.txt
place=.cache/awx
mkdir -p .cache
exec 9>.cache/awx.lock
flock 9
if cmp -s "$wanted" "$place/.made"; then
    exit 0
fi
rm -rf "$place"
mkdir -p "$place/download"
PIP_USER=0 .venv/bin/python -m pip download -qq --disable-pip-version-check --no-deps --no-cache-dir \
    --dest "$place/download" --require-hashes -r "$wanted"
.venv/bin/python - "$place" <<'PYTHON'
import pathlib, sys, zipfile

place = pathlib.Path(sys.argv[1])
(wheel,) = (place / "download").glob("ansible-*.whl")
with zipfile.ZipFile(wheel) as packed:
    packed.extractall(place, [name for name in packed.namelist() if name.startswith("ansible_collections/awx/awx/")])
PYTHON
rm -rf "$place/download"
cp "$wanted" "$place/.made"

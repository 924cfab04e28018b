#!/bin/sh
# Copyright: (c) 2026, mailflow.exchange_online contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# importer.sh: builds the tarball and gives it to galaxy-importer, as Galaxy does. Whatever it finds fault with fails.
set -eu
cd "$(dirname "$0")/../.."
tests/tools/environment.sh importer
bin=$PWD/.cache/tools/importer/bin
place=$PWD/.cache/importer
rm -rf "$place"
mkdir -p "$place"
"$bin/ansible-galaxy" collection build --output-path "$place" . >/dev/null
# Releases of Galaxy begin with 1.0.0 where that is asked for; ours does not yet.
cat >"$place/importer.cfg" <<'CFG'
[galaxy-importer]
check_required_tags = True
check_changelog = True
CFG
cd "$place"
status=0
PATH=$bin:$PATH HOME=$place GALAXY_IMPORTER_CONFIG=$place/importer.cfg \
    "$bin/python" -m galaxy_importer.main "$place"/*.tar.gz >importer.log 2>&1 || status=$?
if [ "$status" -ne 0 ] || grep -Eq '^(ERROR|WARNING)' importer.log; then
    cat importer.log
    exit 1
fi
grep -F 'completed successfully' importer.log

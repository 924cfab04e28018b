#!/bin/sh
# Copyright: (c) 2026, mailflow.exchange_online contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# lock.sh [--upgrade]: requirements-dev.in and tests/tools/requirements/*.in -> the .txt beside each, with the version and
# the hashes of every package. Versions that are there stay where they still fit; --upgrade takes the newest of
# everything, but none that came out within the last week: what is wrong with a release is mostly found by then.
# A line "# options: ..." in an .in file goes to uv.
set -eu
cd "$(dirname "$0")/../.."
tests/tools/environment.sh lock
for wanted in requirements-dev.in tests/tools/requirements/*.in; do
    options=$(sed -n 's/^# options: //p' "$wanted")
    # shellcheck disable=SC2086 # words, not one argument
    .cache/tools/lock/bin/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
        --exclude-newer "7 days" $options "$@" --output-file "${wanted%.in}.txt" "$wanted"
done

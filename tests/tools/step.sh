#!/bin/sh
# Copyright: (c) 2026, mailflow.exchange_online contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# step.sh HEADING COMMAND [ARGUMENT...]: one line for a step that passes, all of its output for one that fails.
# VERBOSE=1 shows the output as it comes.
set -eu
heading=$1
shift
if [ -n "${VERBOSE:-}" ]; then
    printf '== %s\n' "$heading"
    exec "$@"
fi
mkdir -p .cache/steps
log=.cache/steps/$$.log
trap 'rm -f "$log"' EXIT
began=$(date +%s)
printf '== %s ...' "$heading"
if "$@" >"$log" 2>&1 </dev/null; then
    printf ' ok (%d s)\n' $(($(date +%s) - began))
else
    status=$?
    printf ' FAILED (%d s)\n' $(($(date +%s) - began))
    cat "$log"
    exit "$status"
fi

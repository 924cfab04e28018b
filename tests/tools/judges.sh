#!/bin/sh
# Copyright: (c) 2026, mailflow.exchange_online contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# Installs the judges that give second opinions on the lab's mail servers (tests/judges). posttls-finger comes with
# Debian's postfix, which is left without a configuration and so never starts; that needs root. Tests start Postfixes of
# their own, which need no more than the package. sslyze gets an environment of its own.
set -eu
cd "$(dirname "$0")/../.."
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    wanted=""
    command -v openssl >/dev/null || wanted="openssl"
    [ -x /usr/sbin/posttls-finger ] || wanted="$wanted postfix"
    if [ -n "$wanted" ]; then
        apt-get update -qq
        echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
        # shellcheck disable=SC2086 # words, not one argument
        DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $wanted >/dev/null
    fi
fi
tests/tools/environment.sh judges

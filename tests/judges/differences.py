# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a judge says something else than the probe, and why the probe is not changed for it."""

from __future__ import annotations

import typing as t

_COMMON_NAME = "takes the common name for want of subject alternative names; RFC 9525 does not, Exchange may"
_REVOCATION = "does not look at revocation lists; Exchange does"
_SHORT_KEY = "takes an RSA key of 1024 bits; the floor is 2048 (RFC 9325 section 4.5)"
_SUITES = "offers more cipher suites than Exchange Online, which has none in common with this server"

#: Judge -> case of the lab -> our reason.
DIFFERENCES: t.Mapping[str, t.Mapping[str, str]] = {
    "posttls-finger": {
        "b_cn_only": _COMMON_NAME,
        "bb_revoked": _REVOCATION,
        "k_rsa1024": _SHORT_KEY,
        "i_dhe_only": _SUITES,
        "i_chacha_only": _SUITES,
    },
    "openssl s_client": {
        "b_cn_only": _COMMON_NAME,
        "bb_revoked": _REVOCATION,
        "i_dhe_only": _SUITES,
        "i_chacha_only": _SUITES,
    },
    "sslyze": {
        "b_cn_only": "refuses a certificate without subject alternative names altogether; its chain is good",
        "bb_revoked": _REVOCATION,
        "k_rsa1024": _SHORT_KEY,
        "cc_broken_san": "cannot read this certificate and gives up; the session was encrypted all the same",
        "i_tls10": "takes TLS 1.0; Exchange Online does not send with it",
        "i_tls11": "takes TLS 1.1; Exchange Online does not send with it",
        "i_dhe_only": _SUITES,
        "i_chacha_only": _SUITES,
    },
}

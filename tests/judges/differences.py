# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a judge says something else than the probe, and why the probe is not changed for it."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.tests.judges.judges import Level


class Difference(t.NamedTuple):
    """What a judge says of a case, and why the probe says something else."""

    theirs: Level | None
    reason: str


_COMMON_NAME = Difference(
    "domain_validation",
    "takes the common name for want of subject alternative names; RFC 9525 does not, Exchange may",
)
_REVOCATION = Difference("domain_validation", "does not look at revocation lists; Exchange does")
_SHORT_KEY = Difference("domain_validation", "takes an RSA key of 1024 bits; the floor is 2048 (RFC 9325 section 4.5)")
_SUITES = Difference(
    "domain_validation", "offers more cipher suites than Exchange Online, which has none in common with this server"
)
_TLS10 = Difference("domain_validation", "takes TLS 1.0; Exchange Online does not send with it")
_TLS11 = Difference("domain_validation", "takes TLS 1.1; Exchange Online does not send with it")
_TLS13 = Difference(
    "domain_validation", "takes TLS 1.3; nothing published says that Exchange Online offers it when it sends mail"
)
_NO_NAMES = Difference(
    "encryption_only", "refuses a certificate without subject alternative names altogether; its chain is good"
)
_BROKEN_NAMES = Difference(None, "cannot read this certificate and gives up; the session was encrypted all the same")

#: Judge -> case of the lab -> what it says and our reason.
DIFFERENCES: t.Mapping[str, t.Mapping[str, Difference]] = {
    "posttls-finger": {
        "b_cn_only": _COMMON_NAME,
        "bb_revoked": _REVOCATION,
        "k_rsa1024": _SHORT_KEY,
        "i_dhe_only": _SUITES,
        "i_chacha_only": _SUITES,
        "j_tls13": _TLS13,
    },
    "openssl s_client": {
        "b_cn_only": _COMMON_NAME,
        "bb_revoked": _REVOCATION,
        "i_dhe_only": _SUITES,
        "i_chacha_only": _SUITES,
        "j_tls13": _TLS13,
    },
    "sslyze": {
        "b_cn_only": _NO_NAMES,
        "bb_revoked": _REVOCATION,
        "k_rsa1024": _SHORT_KEY,
        "cc_broken_san": _BROKEN_NAMES,
        "i_tls10": _TLS10,
        "i_tls11": _TLS11,
        "i_dhe_only": _SUITES,
        "i_chacha_only": _SUITES,
        "j_tls13": _TLS13,
    },
}

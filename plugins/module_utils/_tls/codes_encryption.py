# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Findings about encryption. See codes.py."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.code import Code
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Level

_NO_TLS: tuple[Level, Level] = ("opportunistic", "opportunistic")
_NO_TLS_12: tuple[Level, Level] = ("opportunistic", "domain_validation")
_EXCHANGE_TLS = "Microsoft: technical reference details about encryption"

CODES: t.Mapping[str, Code] = {
    # -- encryption --------------------------------------------------------------------------------------------------
    "no_starttls": Code(
        "A server does not offer STARTTLS",
        "level",
        "{server} does not offer STARTTLS, so mail to it cannot be encrypted.",
        "Please enable STARTTLS on port 25 of {server}, with TLS 1.2 and a certificate from a public authority.",
        "RFC 3207 section 4",
        _NO_TLS,
        "starttls-not-supported",
        "450 4.4.317",
    ),
    "starttls_stripped": Code(
        "Something takes STARTTLS out of the conversation",
        "level",
        "{server} offers '{detail}' where STARTTLS would stand: a device on the way overwrites it, so mail cannot be"
        " encrypted.",
        "Please take SMTP inspection (for example 'fixup smtp' or 'inspect esmtp') out of the path to {server}. If"
        " other"
        " servers show the same from here, the device stands on our side.",
        "RFC 3207 section 6",
        _NO_TLS,
        "starttls-not-supported",
        "450 4.4.317",
    ),
    "starttls_refused": Code(
        "A server offers STARTTLS and refuses it",
        "level",
        "{server} offers STARTTLS and answered the command with '{detail}'.",
        "Please check that certificate and key of the listener on port 25 of {server} are there and can be read.",
        "RFC 3207 section 4.1",
        _NO_TLS,
        "starttls-not-supported",
        "450 4.4.317",
    ),
    "protocol_too_old": Code(
        "A server has no TLS 1.2",
        "level",
        "{server} speaks {detail} and nothing newer; Exchange Online needs TLS 1.2.",
        "Please enable TLS 1.2 (and best TLS 1.3) on {server}, and switch TLS 1.0 and 1.1 off.",
        "RFC 8996; Microsoft: Exchange blog 2065089",
        _NO_TLS,
        "starttls-not-supported",
        "450 4.4.317",
    ),
    "no_shared_cipher": Code(
        "A server and Exchange Online share no cipher suite",
        "level",
        "{server} has TLS 1.2, but with no cipher suite that Exchange Online offers; it took {detail} from others.",
        "Please enable ECDHE-RSA-AES256-GCM-SHA384 and ECDHE-RSA-AES128-GCM-SHA256 on {server}.",
        f"RFC 9325 section 4.2; {_EXCHANGE_TLS}",
        _NO_TLS,
        "starttls-not-supported",
        "450 4.4.317",
    ),
    "handshake_failed": Code(
        "A handshake fails",
        "level",
        "{server} accepted STARTTLS, and then the handshake failed: {detail}.",
        "Please check the TLS settings of {server} (TLS 1.2, certificate and key); its log tells the reason.",
        "RFC 3207 section 4.1",
        _NO_TLS,
        "starttls-not-supported",
        "450 4.4.317",
    ),
    "tls13_only": Code(
        "A server has TLS 1.3 only",
        "level",
        "{server} speaks TLS 1.3 only. Exchange Online is documented to send with TLS 1.2; that it also offers TLS"
        " 1.3 is"
        " not.",
        "Please enable TLS 1.2 beside TLS 1.3 on {server}.",
        _EXCHANGE_TLS,
        _NO_TLS_12,
    ),
    "no_forward_secrecy": Code(
        "A session has no forward secrecy",
        "warning",
        "{server} chose {detail}, in which the server's key alone protects all sessions.",
        "Please enable ECDHE suites on {server} and put them first.",
        "RFC 9325 section 4.1",
    ),
    "plaintext_after_starttls": Code(
        "Something is put in behind STARTTLS",
        "warning",
        "{server} sent {detail} bytes in clear behind its answer to STARTTLS. They could have been put in on the way,"
        " to be"
        " taken for a part of the encrypted session.",
        "Please update the mail server {server}, and check the devices in front of it.",
        "RFC 3207 section 6",
    ),
    "client_certificate_asked": Code(
        "A server asks for a client certificate",
        "info",
        "{server} asks for a client certificate and goes on without one.",
        "Nothing has to be done. Exchange Online presents its own certificate.",
        "RFC 5246 section 7.4.4",
    ),
    "ecdsa_certificate": Code(
        "A server has an ECDSA certificate",
        "info",
        "{server} has a certificate with an ECDSA key. The suites that Microsoft documents are for RSA; ECDSA is"
        " known to"
        " be there as well.",
        "Nothing has to be done. If mail waits with 4.4.317, an RSA certificate beside this one helps.",
        _EXCHANGE_TLS,
    ),
}

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Findings about certificates: their trust and their names. See codes.py."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.code import Code
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Level

_NO_TRUST: tuple[Level, Level] = ("encryption_only", "encryption_only")
_NO_NAME: tuple[Level, Level] = ("certificate_validation", "certificate_validation")
_NAME_IN_DOUBT: tuple[Level, Level] = ("certificate_validation", "domain_validation")
_TLS_SETTINGS = "Microsoft: New-OutboundConnector, -TlsSettings"
_TLS_DOMAIN = "Microsoft: New-OutboundConnector, -TlsDomain"

CODES: t.Mapping[str, Code] = {
    # -- trust -------------------------------------------------------------------------------------------------------
    "certificate_unreadable": Code(
        "A certificate cannot be read",
        "level",
        "The certificate of {server} cannot be read: {detail}.",
        "Please have the certificate of {server} issued again.",
        "RFC 5280 section 4",
        _NO_TRUST,
        "certificate-not-trusted",
        "450 4.7.320",
    ),
    "cert_expired": Code(
        "A certificate has expired",
        "level",
        "The certificate of {server} expired on {date}.",
        "Please renew the certificate of {server} and reload the mail server.",
        "RFC 5280 section 6.1.3",
        _NO_TRUST,
        "certificate-expired",
        "450 4.7.320",
    ),
    "cert_not_yet_valid": Code(
        "A certificate is not valid yet",
        "level",
        "The certificate of {server} is valid from {date} on only.",
        "Please check the date of the certificate of {server}, and the clock of the machine that issued it.",
        "RFC 5280 section 6.1.3",
        _NO_TRUST,
        "certificate-not-trusted",
        "450 4.7.320",
    ),
    "self_signed": Code(
        "A certificate is self-signed",
        "level",
        "The certificate of {server} ({subject}) is self-signed, so no authority vouches for it.",
        "Please install a certificate from a public authority on {server}. Until then only encryption without"
        " authentication is possible.",
        f"RFC 5280 section 6.1; {_TLS_SETTINGS}",
        _NO_TRUST,
        "certificate-not-trusted",
        "450 4.7.320",
    ),
    "untrusted_root": Code(
        "A certificate is from an authority that is not trusted",
        "level",
        "The certificate of {server} leads to the authority '{detail}', which is not publicly trusted.",
        "Please install a certificate from a public authority on {server}. Until then only encryption without"
        " authentication is possible.",
        f"RFC 5280 section 6.1; {_TLS_SETTINGS}",
        _NO_TRUST,
        "certificate-not-trusted",
        "450 4.7.320",
    ),
    "incomplete_chain": Code(
        "A server leaves out an intermediate certificate",
        "level",
        "{server} does not send the certificate of '{detail}', which issued the last one that it sends, so its chain"
        " leads"
        " to no authority.",
        "Please add the intermediate certificate of '{detail}' to the certificate file of {server} (the file that"
        " authorities call full chain). Exchange Online does not look for it.",
        f"RFC 5246 section 7.4.2; {_TLS_SETTINGS}",
        _NO_TRUST,
        "certificate-not-trusted",
        "450 4.7.320",
    ),
    "wrong_purpose": Code(
        "A certificate is not for servers",
        "level",
        "The certificate of {server} is not issued for servers (extended key usage).",
        "Please have a certificate with the extended key usage serverAuth issued for {server}.",
        "RFC 5280 section 4.2.1.12",
        _NO_TRUST,
        "certificate-not-trusted",
        "450 4.7.320",
    ),
    "untrusted": Code(
        "A chain does not verify",
        "level",
        "The certificate of {server} does not verify: {detail}.",
        "Please have a certificate from a public authority installed on {server}, with its full chain.",
        f"RFC 5280 section 6.1; {_TLS_SETTINGS}",
        _NO_TRUST,
        "certificate-not-trusted",
        "450 4.7.320",
    ),
    "weak_key": Code(
        "A key is too short",
        "level",
        "The certificate '{subject}' that {server} sends has the key {detail}; an RSA key has to have 2048 bits or"
        " more.",
        "Please have the certificate issued again with an RSA key of 2048 bits or more.",
        "RFC 9325 section 4.5; CA/Browser Forum Baseline Requirements section 6.1.5",
        _NO_TRUST,
        "certificate-not-trusted",
        "450 4.7.320",
    ),
    "weak_signature": Code(
        "A certificate is signed with a broken hash",
        "level",
        "The certificate '{subject}' that {server} sends is signed with {detail}, which Exchange Online does not"
        " accept.",
        "Please have the certificate issued again with SHA-256.",
        "RFC 9325 section 4.5; Microsoft: SHA-1 not accepted since June 2016",
        _NO_TRUST,
        "certificate-not-trusted",
        "450 4.7.320",
    ),
    "cert_revoked": Code(
        "A certificate is revoked",
        "level",
        "The certificate '{subject}' that {server} sends is revoked ({detail}).",
        "Please replace the certificate of {server} at once: its key may be known to others.",
        f"RFC 5280 section 6.3; {_TLS_SETTINGS}",
        _NO_TRUST,
        "certificate-not-trusted",
        "450 4.7.320",
    ),
    "revocation_unknown": Code(
        "Revocation could not be checked",
        "warning",
        "Whether the certificate '{subject}' that {server} sends is revoked could not be seen: {detail}.",
        "Check that the revocation list can be fetched over HTTP from here. If it cannot be fetched from anywhere, the"
        " authority has to mend it.",
        f"RFC 5280 section 6.3; {_TLS_SETTINGS}",
    ),
    "cert_expires_soon": Code(
        "A certificate expires soon",
        "warning",
        "The certificate '{subject}' that {server} sends expires on {date}, in {days} days.",
        "Please renew the certificate of {server} before {date}: from then on mail waits and is returned after a day.",
        "RFC 5280 section 4.1.2.5",
    ),
    # -- names -------------------------------------------------------------------------------------------------------
    "name_mismatch": Code(
        "A certificate is for other names",
        "level",
        "The certificate of {server} does not carry {expected}; its names are {names}.",
        "Either have a certificate with {expected} issued for {server}, or set the connector's certificate name to one"
        " that all of the partner's servers carry: {candidates}.",
        f"RFC 9525 section 6; {_TLS_DOMAIN}",
        _NO_NAME,
        "certificate-host-mismatch",
        "450 4.7.320 SubjectMismatch",
    ),
    "name_ambiguous": Code(
        "It is not documented whether a name counts",
        "level",
        "The certificate of {server} carries '{name}', and it is not documented whether Exchange Online takes that for"
        " {expected}.",
        "Set the connector's certificate name to one that counts without doubt: {candidates}.",
        _TLS_DOMAIN,
        _NAME_IN_DOUBT,
        "certificate-host-mismatch",
        "450 4.7.320 SubjectMismatch",
    ),
    "no_san": Code(
        "A name stands in the common name only",
        "level",
        "The certificate of {server} carries '{name}' as its common name only, not among its subject alternative names."
        " Exchange Online may accept it, other senders will not.",
        "Please have the certificate of {server} issued again with '{name}' as subject alternative name.",
        "RFC 9525 section 2",
        _NAME_IN_DOUBT,
        "certificate-host-mismatch",
    ),
    "certificate_name_missing": Code(
        "The level needs a certificate name",
        "warning",
        "The level domain_validation needs certificate_name, the name that the certificates of {domain} have to carry.",
        "Set certificate_name to one of the names that all servers carry, the first one preferably: {candidates}.",
        _TLS_DOMAIN,
    ),
}

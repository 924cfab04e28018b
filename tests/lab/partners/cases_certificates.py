# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partners whose certificates are good, or wrong in one way."""

from __future__ import annotations

import typing as t

from .shapes import (
    CERTIFICATE,
    CERTIFICATE_AT_LEAST,
    ENCRYPTION,
    FULL,
    Case,
    Expected,
    Host,
    Leaf,
    Server,
    case,
    warned,
)

_WEAK: t.Final = "refused for authentication; whether such a server gets mail encrypted only is not told"
_NO_LIST: t.Final = "what Exchange Online does without a list that it can use is not told"


def _showing(**leaf: t.Any) -> tuple[Host, ...]:
    return (Host(servers=(Server(Leaf(**leaf)),)),)


def _untrusted(*codes: str, **rest: t.Any) -> Expected:
    return Expected("encryption_only", ENCRYPTION, codes, **rest)


CASES: tuple[Case, ...] = (
    # -- good --------------------------------------------------------------------------------------------------------
    case("a_good", "everything as it should be, with TLS 1.2 and 1.3", FULL),
    case(
        "a_good_san_domain",
        "the certificate names the recipient domain as well",
        FULL,
        hosts=_showing(names=("{host}", "{domain}")),
        certificate_name="{domain}",
    ),
    case(
        "a_no_name_asked",
        "as good, and nobody says which name the certificate must carry",
        Expected("domain_validation", CERTIFICATE_AT_LEAST, domain_codes=("certificate_name_missing",)),
        certificate_name="",
    ),
    case(
        "a_ecdsa",
        "a certificate with an EC key",
        warned(
            "ecdsa_certificate",
            basis="assumed",
            note="Microsoft's table of suites has none for ECDSA; Windows has them",
        ),
        hosts=_showing(key="ec"),
    ),
    case(
        "o_wildcard",
        "a wildcard certificate, one label above the host",
        FULL,
        hosts=_showing(names=("*.{domain}",), common_name="*.{domain}"),
    ),
    case(
        "m_near_expiry",
        "a good certificate with 10 days left",
        warned("cert_expires_soon"),
        hosts=_showing(valid_days=(-80, 10)),
    ),
    # -- names -------------------------------------------------------------------------------------------------------
    case(
        "b_wrong_name",
        "a trusted certificate for another name",
        Expected("certificate_validation", CERTIFICATE, ("name_mismatch",)),
        hosts=_showing(names=("other.example",), common_name="other.example"),
    ),
    case(
        "b_tlsdomain",
        "the same, and the hoster's name is the one that is asked for",
        FULL,
        hosts=_showing(names=("mx.hoster.example",), common_name="mx.hoster.example"),
        certificate_name="mx.hoster.example",
    ),
    case(
        "b_cn_only",
        "the name stands in the common name only, there is no SAN",
        Expected(
            "certificate_validation",
            CERTIFICATE_AT_LEAST,
            ("no_san",),
            basis="assumed",
            note="the admin centre's words take a common name, RFC 9525 does not",
        ),
        hosts=_showing(names=()),
    ),
    case(
        "b_tlsdomain_deep",
        "asked for is a wildcard, and the certificate's name is two labels below",
        Expected(
            "certificate_validation",
            CERTIFICATE_AT_LEAST,
            ("name_ambiguous",),
            basis="assumed",
            note="documents differ on how deep a wildcard goes",
        ),
        hosts=(Host("mx.deep.{domain}"),),
        certificate_name="*.{domain}",
    ),
    # -- trust -------------------------------------------------------------------------------------------------------
    case("c_expired", "expired 5 days ago", _untrusted("cert_expired"), hosts=_showing(valid_days=(-90, -5))),
    case("c_not_yet", "valid in 5 days", _untrusted("cert_not_yet_valid"), hosts=_showing(valid_days=(5, 90))),
    case("d_selfsigned", "self-signed", _untrusted("self_signed"), hosts=_showing(issuer="self")),
    case(
        "e_unknown_ca",
        "from a private authority, whose root is sent along",
        _untrusted("untrusted_root"),
        hosts=_showing(issuer="private", sends="with_root"),
    ),
    case(
        "e_unknown_ca_no_root",
        "from a private authority, without its root",
        _untrusted("untrusted_root"),
        hosts=_showing(issuer="private"),
    ),
    case(
        "e_unknown_ca_bare",
        "from a private authority, and nothing else is sent",
        _untrusted("untrusted_root"),
        hosts=_showing(issuer="private", sends="leaf_only"),
    ),
    case(
        "e_unknown_ca_linked",
        "the same, and the certificate says where the authority's is to be had",
        _untrusted("untrusted_root"),
        hosts=_showing(issuer="private_linked", sends="leaf_only"),
    ),
    case(
        "l_no_intermediate",
        "the intermediate certificate is not sent",
        _untrusted("incomplete_chain"),
        hosts=_showing(sends="leaf_only"),
    ),
    case(
        "k_rsa1024",
        "an RSA key of 1024 bits",
        _untrusted("weak_key", basis="assumed", note=_WEAK),
        hosts=_showing(key="rsa1024"),
    ),
    case(
        "k_sha1",
        "signed with SHA-1",
        _untrusted("weak_signature", basis="assumed", note=_WEAK),
        hosts=_showing(sha1=True),
    ),
    case(
        "cc_eku_client",
        "a certificate for clients only",
        _untrusted("wrong_purpose"),
        hosts=_showing(purpose="client"),
    ),
    case(
        "cc_broken_san",
        "a certificate whose names cannot be read",
        Expected(
            "certificate_validation",
            CERTIFICATE_AT_LEAST,
            ("no_san",),
            basis="assumed",
            note="a chain can be trusted although nobody can say for whom; the common name is left",
        ),
        hosts=_showing(broken_san=True),
    ),
    # -- revocation --------------------------------------------------------------------------------------------------
    case("bb_revoked", "revoked", _untrusted("cert_revoked"), hosts=_showing(revocation="revoked")),
    case(
        "bb_crl_missing",
        "the revocation list cannot be fetched",
        warned("revocation_unknown", basis="assumed", note=_NO_LIST),
        hosts=_showing(revocation="missing"),
    ),
    case(
        "bb_crl_stale",
        "the revocation list is out of date",
        warned("revocation_unknown", basis="assumed", note=_NO_LIST),
        hosts=_showing(revocation="stale"),
    ),
    case(
        "bb_crl_none",
        "the certificate names no revocation list",
        FULL,
        hosts=_showing(revocation="none"),
    ),
)

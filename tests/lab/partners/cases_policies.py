# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partners whose DANE or MTA-STS is the point."""

from __future__ import annotations

import typing as t

from .shapes import (
    ENCRYPTION,
    FULL,
    Case,
    Expected,
    Host,
    Leaf,
    Policy,
    Server,
    Tlsa,
    blocked,
    case,
    warned,
)

_SELF_SIGNED: t.Final = Server(Leaf(issuer="self"))
_EE: t.Final = Tlsa(3, 1, 1, "leaf")
_OTHER_EE: t.Final = Tlsa(3, 1, 1, "other")
_OTHER_NAME: t.Final = Server(Leaf(("other.example",), common_name="other.example"))
_GOOD: t.Final = Server()


def _dane(*records: Tlsa, server: Server = _GOOD, **host: t.Any) -> dict[str, t.Any]:
    return {"hosts": (Host(servers=(server,), tlsa=records, **host),), "secure": True}


def _listing(*mx: str, mode: str = "enforce") -> Policy:
    lines = "".join(f"mx: {one}\r\n" for one in mx)
    return Policy(f"version: STSv1\r\nmode: {mode}\r\n{lines}max_age: 604800\r\n")


_DANE: tuple[Case, ...] = (
    case(
        "v_dane_ok",
        "TLSA 3 1 1 matches a self-signed certificate",
        Expected("encryption_only", ENCRYPTION, ("self_signed",)),
        **_dane(_EE, server=_SELF_SIGNED),
    ),
    case("v_dane_bad", "TLSA 3 1 1 matches nothing", blocked("dane_mismatch"), **_dane(_OTHER_EE)),
    case(
        "v_dane_insecure",
        "the same in a zone that is not signed, where it does not count",
        FULL,
        hosts=(Host(tlsa=(_OTHER_EE,)),),
    ),
    case("v_dane_ta", "TLSA 2 1 1 over the issuer, and the name fits", FULL, **_dane(Tlsa(2, 1, 1, "issuer"))),
    case(
        "v_dane_ta_name",
        "TLSA 2 1 1 over the issuer of a certificate for another name",
        blocked("dane_mismatch"),
        certificate_name="other.example",
        **_dane(Tlsa(2, 1, 1, "issuer"), server=_OTHER_NAME),
    ),
    case(
        "v_dane_pkix",
        "TLSA 1 1 1 only, which is not for SMTP",
        warned("dane_unusable"),
        **_dane(Tlsa(1, 1, 1, "leaf")),
    ),
    case("v_dane_bogus", "the TLSA look-up fails", blocked("dane_bogus"), **_dane(tlsa_fails=True)),
    case("v_dane_rollover", "of two TLSA records one matches", FULL, **_dane(_OTHER_EE, _EE)),
    case("v_dane_certificate", "TLSA 3 0 2 over the whole certificate", FULL, **_dane(Tlsa(3, 0, 2, "leaf"))),
    case(
        "v_dane_alias",
        "the TLSA records stand at the end of an alias",
        warned("mx_is_cname"),
        **_dane(_EE, alias="real.{domain}"),
    ),
    case(
        "v_dane_expired_ee",
        "TLSA 3 1 1 matches a certificate that has expired",
        Expected(
            "encryption_only",
            ENCRYPTION,
            ("cert_expired",),
            basis="assumed",
            note="RFC 7672 section 3.1.1 ignores dates; Exchange Online has a reply of its own for it (7.322)",
        ),
        **_dane(_EE, server=Server(Leaf(valid_days=(-90, -5)))),
    ),
    case(
        "v_dane_no_tls",
        "TLSA records for a server without STARTTLS",
        blocked("no_starttls", "dane_mismatch", sustains="opportunistic"),
        **_dane(_EE, server=Server(manner="no_starttls")),
    ),
    case(
        "v_dane_one_of_two",
        "the TLSA records of one host match, those of the other do not",
        warned("dane_mismatch"),
        hosts=(Host("mx1.{domain}", tlsa=(_EE,)), Host("mx2.{domain}", preference=20, tlsa=(_OTHER_EE,))),
        secure=True,
        certificate_name="*.{domain}",
    ),
    case(
        "v_dane_off",
        "TLSA 3 1 1 matches nothing, and the connector has DANE off",
        FULL,
        smtp_dane_mode="none",
        **_dane(_OTHER_EE),
    ),
    case("v_dane_missing", "the connector demands DANE", blocked("dane_missing"), smtp_dane_mode="mandatory"),
)

_MTA_STS: tuple[Case, ...] = (
    case(
        "w_sts_ok",
        "enforced, the pattern is a wildcard, and reports are wanted",
        FULL,
        policy=_listing("*.{domain}"),
        tls_rpt="v=TLSRPTv1; rua=mailto:tls@{domain}",
    ),
    case(
        "w_sts_mismatch",
        "enforced, and the MX host is not listed",
        blocked("sts_mx_mismatch"),
        policy=_listing("mail.other.example"),
    ),
    case(
        "w_sts_testing",
        "the same in mode testing",
        warned("sts_mx_mismatch"),
        policy=_listing("mail.other.example", mode="testing"),
    ),
    case(
        "w_sts_none",
        "the same in mode none",
        FULL,
        policy=_listing("mail.other.example", mode="none"),
    ),
    case(
        "w_sts_off",
        "enforced, the MX host is not listed, and the connector has MTA-STS off",
        FULL,
        policy=_listing("mail.other.example"),
        mta_sts_mode="none",
    ),
    case(
        "w_sts_suffix_trap",
        "enforced, and the wildcard is one label too high",
        blocked("sts_mx_mismatch"),
        hosts=(Host("mx.deep.{domain}"),),
        policy=_listing("*.{domain}"),
        certificate_name="mx.deep.{domain}",
    ),
    case(
        "w_sts_one_of_two",
        "enforced, and one of two MX hosts is listed",
        warned("sts_mx_mismatch"),
        hosts=(Host("mx1.{domain}"), Host("mx2.{domain}", preference=20)),
        policy=_listing("mx1.{domain}"),
        certificate_name="*.{domain}",
    ),
    case(
        "w_sts_selfsigned",
        "enforced, and the listed MX host is self-signed",
        blocked("self_signed", "sts_certificate", sustains="encryption_only"),
        hosts=(Host(servers=(_SELF_SIGNED,)),),
        policy=Policy(),
    ),
    case(
        "w_sts_other_name",
        "enforced, and the certificate is for another name than the MX host's",
        blocked("sts_certificate"),
        hosts=(Host(servers=(_OTHER_NAME,)),),
        policy=Policy(),
        certificate_name="other.example",
    ),
    case(
        "w_sts_dane_wins",
        "enforced with an MX host that is not listed, and DANE matches",
        warned(basis="assumed", note="RFC 8461 section 2 has DANE first; how Exchange Online weighs them is not told"),
        policy=_listing("mail.other.example"),
        **_dane(_EE),
    ),
    case("w_sts_404", "the policy is not there", warned("sts_fetch_error"), policy=Policy(host="not_found")),
    case(
        "w_sts_badcert",
        "the policy host's certificate is not trusted",
        warned("sts_fetch_error"),
        policy=Policy(host="private_ca"),
    ),
    case(
        "w_sts_badname",
        "the policy host's certificate is for another name",
        warned("sts_fetch_error"),
        policy=Policy(host="other_name"),
    ),
    case("w_sts_redirect", "the policy host redirects", warned("sts_fetch_error"), policy=Policy(host="redirect")),
    case("w_sts_refused", "nothing listens there", warned("sts_fetch_error"), policy=Policy(host="refused")),
    case("w_sts_hang", "no answer there", warned("sts_fetch_error"), policy=Policy(host="hang"), slow=True),
    case(
        "w_sts_bad_policy",
        "the policy does not parse",
        warned("sts_policy_invalid"),
        policy=Policy("version: STSv1\r\nmode: strict\r\nmx: mx.{domain}\r\nmax_age: 604800\r\n"),
    ),
    case(
        "w_sts_two_records",
        "two TXT records",
        warned("sts_policy_invalid"),
        policy=Policy(records=("v=STSv1; id=1;", "v=STSv1; id=2;")),
    ),
)

CASES: tuple[Case, ...] = (*_DANE, *_MTA_STS)

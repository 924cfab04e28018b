# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partners whose servers do something odd with SMTP or TLS, or are several that differ."""

from __future__ import annotations

import typing as t

from .shapes import (
    ENCRYPTION,
    FULL,
    NOTHING,
    UNKNOWN,
    UNREACHABLE,
    Case,
    Expected,
    Host,
    Leaf,
    Manner,
    Server,
    case,
    warned,
)

_SELF_SIGNED: t.Final = Server(Leaf(issuer="self"))
_EXPIRED: t.Final = Server(Leaf(valid_days=(-90, -5)))
_SHARED: t.Final = (
    Host("in.provider.example", (Server(Leaf(("*.provider.example",), common_name="*.provider.example")),)),
)


def _with(**server: t.Any) -> tuple[Host, ...]:
    return (Host(servers=(Server(**server),)),)


def _manner(manner: Manner) -> tuple[Host, ...]:
    return _with(manner=manner)


def _no_tls(code: str, **rest: t.Any) -> Expected:
    return Expected("opportunistic", NOTHING, (code,), **rest)


def _not_judged(code: str) -> Expected:
    return Expected(None, UNKNOWN, (code,), delivery="unknown")


CASES: tuple[Case, ...] = (
    # -- no TLS ------------------------------------------------------------------------------------------------------
    case("f_no_starttls", "STARTTLS is not offered", _no_tls("no_starttls"), hosts=_manner("no_starttls")),
    case("z_stripped", "a device overwrites STARTTLS", _no_tls("starttls_stripped"), hosts=_manner("stripped")),
    case("h_454", "STARTTLS is offered and refused", _no_tls("starttls_refused"), hosts=_manner("starttls_454")),
    case(
        "g_close",
        "the connection is closed in the handshake",
        _no_tls("handshake_failed"),
        hosts=_manner("close_in_handshake"),
    ),
    case(
        "g_alert",
        "the handshake ends in an alert, always",
        _no_tls("handshake_failed"),
        hosts=_manner("alert_in_handshake"),
    ),
    case(
        "g_garbage",
        "what is sent as the certificate is none",
        _no_tls("handshake_failed"),
        hosts=_manner("garbage_certificate"),
    ),
    case("i_tls10", "TLS 1.0 and 1.1 only", _no_tls("protocol_too_old"), hosts=_with(tls=("TLSv1", "TLSv1_1"))),
    case("i_tls11", "TLS 1.1 only", _no_tls("protocol_too_old"), hosts=_with(tls=("TLSv1_1", "TLSv1_1"))),
    case(
        "i_dhe_only",
        "TLS 1.2 with DHE suites only",
        _no_tls("no_shared_cipher"),
        hosts=_with(tls=("TLSv1_2", "TLSv1_2"), suites="DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256"),
    ),
    case(
        "i_chacha_only",
        "TLS 1.2 with ChaCha20 only",
        _no_tls("no_shared_cipher"),
        hosts=_with(tls=("TLSv1_2", "TLSv1_2"), suites="ECDHE-RSA-CHACHA20-POLY1305"),
    ),
    # -- TLS of its own kind -----------------------------------------------------------------------------------------
    case("j_tls12", "TLS 1.2 only", FULL, hosts=_with(tls=("TLSv1_2", "TLSv1_2"))),
    case(
        "j_tls13",
        "TLS 1.3 only",
        Expected(
            "opportunistic",
            UNKNOWN,
            ("tls13_only",),
            basis="assumed",
            note="nothing published says that Exchange Online offers TLS 1.3 when it sends mail",
        ),
        hosts=_with(tls=("TLSv1_3", "TLSv1_3")),
    ),
    case(
        "j_static_rsa",
        "suites without forward secrecy only",
        warned("no_forward_secrecy"),
        hosts=_with(tls=("TLSv1_2", "TLSv1_2"), suites="AES256-GCM-SHA384:AES128-GCM-SHA256"),
    ),
    case("q_sni_alert", "an alert for those who do not ask for its name (SNI)", FULL, hosts=_with(sni="required")),
    case("q_sni_default", "another certificate for those who do not", FULL, hosts=_with(sni="selects")),
    case(
        "aa_client_cert_opt",
        "a client certificate is asked for, and not demanded",
        warned("client_certificate_asked"),
        hosts=_with(client_certificate="optional"),
    ),
    case(
        "aa_client_cert_req",
        "a client certificate is demanded",
        _not_judged("client_cert_required"),
        hosts=_with(client_certificate="required"),
    ),
    case(
        "aa_client_cert_req_tls12",
        "a client certificate is demanded, with TLS 1.2 only",
        _not_judged("client_cert_required"),
        hosts=_with(client_certificate="required", tls=("TLSv1_2", "TLSv1_2")),
    ),
    case(
        "z_inject",
        "a reply in clear follows the answer to STARTTLS",
        warned("plaintext_after_starttls"),
        hosts=_manner("inject"),
    ),
    # -- servers that do not let themselves be judged ------------------------------------------------------------------
    case(
        "y_refused",
        "the connection is refused",
        Expected(None, UNREACHABLE, ("unreachable",), delivery="unknown"),
        hosts=_manner("refused"),
    ),
    case("y_4xx", "421 as the greeting", _not_judged("banner_tempfail"), hosts=_manner("banner_421")),
    case("y_554", "554 as the greeting", _not_judged("banner_reject"), hosts=_manner("banner_554")),
    case("y_close", "the connection is closed at once", _not_judged("closed_early"), hosts=_manner("close_at_connect")),
    case("p_slow", "the greeting takes its time", FULL, hosts=_manner("slow_banner")),
    case("p_hang", "no greeting", _not_judged("banner_timeout"), hosts=_manner("hang_banner"), slow=True),
    case("p_drip", "a greeting without end", _not_judged("banner_timeout"), hosts=_manner("drip_banner"), slow=True),
    case("p_flood", "a flood of lines in place of one", _not_judged("not_smtp"), hosts=_manner("flood_lines")),
    case("p_flood_bytes", "a line without end", _not_judged("not_smtp"), hosts=_manner("flood_bytes")),
    case("p_binary", "bytes that are no text", _not_judged("not_smtp"), hosts=_manner("binary_banner")),
    case("g_hang_ehlo", "silence after EHLO", _not_judged("reply_timeout"), hosts=_manner("hang_ehlo"), slow=True),
    case(
        "g_hang_starttls",
        "silence after STARTTLS",
        _not_judged("reply_timeout"),
        hosts=_manner("hang_starttls"),
        slow=True,
    ),
    case(
        "g_hang",
        "silence in the handshake",
        _not_judged("handshake_timeout"),
        hosts=_manner("hang_in_handshake"),
        slow=True,
    ),
    case(
        "g_hang_inside",
        "silence after the handshake",
        _not_judged("reply_timeout"),
        hosts=_manner("hang_after_tls"),
        slow=True,
    ),
    # -- several servers ---------------------------------------------------------------------------------------------
    case(
        "n_mixed",
        "two hosts: the first is good, the second has no STARTTLS",
        Expected("opportunistic", NOTHING, ("no_starttls", "mx_hosts_differ")),
        hosts=(Host("mx1.{domain}"), Host("mx2.{domain}", (Server(manner="no_starttls"),), preference=20)),
        certificate_name="*.{domain}",
    ),
    case(
        "n_mixed_cert",
        "two hosts of the same preference: one is good, one self-signed",
        Expected("encryption_only", ENCRYPTION, ("self_signed", "mx_hosts_differ")),
        hosts=(Host("mx1.{domain}"), Host("mx2.{domain}", (_SELF_SIGNED,))),
        certificate_name="*.{domain}",
    ),
    case(
        "n_one_dead",
        "two hosts: the first is good, the second refuses connections",
        warned("mx_unreachable"),
        hosts=(Host("mx1.{domain}"), Host("mx2.{domain}", (Server(manner="refused"),), preference=20)),
        certificate_name="mx1.{domain}",
    ),
    case(
        "dd_multi_a",
        "a host with two addresses; behind the second one the certificate has expired",
        Expected("encryption_only", ENCRYPTION, ("cert_expired", "addresses_differ")),
        hosts=(Host(servers=(Server(), _EXPIRED)),),
    ),
    *(
        case(
            f"ff_shared_{number}",
            "one of several customers of one provider",
            FULL,
            hosts=_SHARED,
            certificate_name="*.provider.example",
        )
        for number in (1, 2, 3)
    ),
)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partners for the transport that the partners' table does not have: that one is for a probe, which asks everybody."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.tests.lab.partners.shapes import (
    FULL,
    Host,
    Leaf,
    Policy,
    Server,
    Tlsa,
    case,
)
from ansible_collections.mailflow.exchange_online.tests.lab.partners.table import Table

_NO_TLS: t.Final = Server(manner="no_starttls")
_EE: t.Final = Tlsa(3, 1, 1, "leaf")
_TESTING: t.Final = Policy("version: STSv1\r\nmode: testing\r\nmx: mx.{domain}\r\nmax_age: 604800\r\n")
_SELF_SIGNED: t.Final = Server(Leaf(issuer="self"))
_EXPIRED: t.Final = Server(Leaf(valid_days=(-90, -5)))


def _with(server: Server, **host: t.Any) -> tuple[Host, ...]:
    return (Host(servers=(server,), **host),)


CASES: t.Final = (
    case("good", "all is well", FULL),
    case("no_tls", "no STARTTLS", FULL, hosts=_with(_NO_TLS)),
    case("refuses_tls", "STARTTLS is refused", FULL, hosts=_with(Server(manner="starttls_454"))),
    case("breaks_tls", "the handshake fails", FULL, hosts=_with(Server(manner="alert_in_handshake"))),
    case("sts_no_tls", "an enforced policy, no STARTTLS", FULL, hosts=_with(_NO_TLS), policy=Policy()),
    case(
        "sts_refuses_tls",
        "an enforced policy, STARTTLS is refused",
        FULL,
        hosts=_with(Server(manner="starttls_454")),
        policy=Policy(),
    ),
    case(
        "sts_breaks_tls",
        "an enforced policy, the handshake fails",
        FULL,
        hosts=_with(Server(manner="close_in_handshake")),
        policy=Policy(),
    ),
    case("sts_testing_no_tls", "a policy in mode testing, no STARTTLS", FULL, hosts=_with(_NO_TLS), policy=_TESTING),
    case("dane_no_tls", "DANE, no STARTTLS", FULL, hosts=_with(_NO_TLS, tlsa=(_EE,)), secure=True),
    case(
        "dane_breaks_tls",
        "DANE, the handshake fails",
        FULL,
        hosts=_with(Server(manner="alert_in_handshake"), tlsa=(_EE,)),
        secure=True,
    ),
    case(
        "dane_unusable_no_tls",
        "TLSA records that do not count for SMTP, no STARTTLS",
        FULL,
        hosts=_with(_NO_TLS, tlsa=(Tlsa(1, 1, 1, "leaf"),)),
        secure=True,
    ),
    case(
        "dane_unusable",
        "a TLSA record that does not count for SMTP, and matches nothing",
        FULL,
        hosts=_with(_SELF_SIGNED, tlsa=(Tlsa(1, 1, 1, "other"),)),
        secure=True,
    ),
    case(
        "dane_alias",
        "the host is an alias, and the TLSA record at its end matches nothing",
        FULL,
        hosts=_with(Server(), alias="real.{domain}", tlsa=(Tlsa(3, 1, 1, "other"),)),
        secure=True,
    ),
    case(
        "dane_ta_expired",
        "TLSA 2 1 1 over the issuer of an expired certificate",
        FULL,
        hosts=_with(_EXPIRED, tlsa=(Tlsa(2, 1, 1, "issuer"),)),
        secure=True,
    ),
    case(
        "dane_ta_alone",
        "TLSA 2 1 1 over an issuer that is not sent along",
        FULL,
        hosts=_with(Server(Leaf(sends="leaf_only")), tlsa=(Tlsa(2, 1, 1, "issuer"),)),
        secure=True,
    ),
    case(
        "dane_private_ta",
        "TLSA 2 0 1 over an issuer that nobody trusts",
        FULL,
        hosts=_with(Server(Leaf(issuer="private")), tlsa=(Tlsa(2, 0, 1, "issuer"),)),
        secure=True,
    ),
    case(
        "three",
        "three hosts: without TLS, expired, good",
        FULL,
        hosts=(
            Host("mx1.{domain}", (_NO_TLS,), preference=5),
            Host("mx2.{domain}", (_EXPIRED,), preference=10),
            Host("mx3.{domain}", preference=15),
        ),
        certificate_name="mx3.{domain}",
    ),
    case(
        "two",
        "two hosts, the better one stands second",
        FULL,
        hosts=(Host("mx1.{domain}", preference=20), Host("mx2.{domain}", preference=10)),
        certificate_name="*.{domain}",
    ),
    case(
        "first_dead",
        "two hosts, the first one refuses connections",
        FULL,
        hosts=(Host("mx1.{domain}", (Server(manner="refused"),), preference=5), Host("mx2.{domain}")),
        certificate_name="mx2.{domain}",
    ),
    case(
        "relay",
        "a name with MX records, and an address of its own where there is no STARTTLS",
        FULL,
        hosts=(Host("{domain}", (_NO_TLS,), mx_of=""), Host("mx.{domain}")),
    ),
)
TABLE: t.Final = Table(CASES, 60)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partners whose way to the servers is the point: MX records, addresses, smart hosts."""

from __future__ import annotations

import typing as t

from .shapes import (
    ENCRYPTION,
    ENFORCED_OK,
    FULL,
    NOTHING,
    UNKNOWN,
    Case,
    Expected,
    Host,
    Leaf,
    Policy,
    Server,
    blocked,
    case,
    warned,
)

_SELF_SIGNED: t.Final = Server(Leaf(issuer="self"))


def _no_mail(code: str) -> Expected:
    return Expected(None, NOTHING, (code,), delivery="blocked")


_ROUTES: tuple[Case, ...] = (
    case("r_ipv6", "an IPv6 address only", warned("ipv6_only"), hosts=(Host(ipv6=True),)),
    case("s_null_mx", "a null MX: takes no mail", _no_mail("null_mx"), hosts=(), mx="null"),
    case("s_null_mx_too", "a null MX beside a real one", warned("stray_null_mx"), mx="null_and_hosts"),
    case("s_nxdomain", "does not exist", _no_mail("nxdomain"), hosts=(), mx="nxdomain"),
    case(
        "s_servfail",
        "the MX look-up ends in SERVFAIL",
        Expected(None, UNKNOWN, ("dns_failure",), delivery="unknown"),
        mx="servfail",
    ),
    case(
        "s_refused",
        "the name server refuses to answer",
        Expected(None, UNKNOWN, ("dns_failure",), delivery="unknown"),
        mx="refused",
    ),
    case(
        "s_silent",
        "the name server does not answer",
        Expected(None, UNKNOWN, ("dns_failure",), delivery="unknown"),
        mx="silent",
        slow=True,
    ),
    case("s_truncated", "the answer is there over TCP only", FULL, mx="truncated"),
    case(
        "t_no_mx",
        "no MX record: mail goes to the domain's own address",
        warned("implicit_mx"),
        hosts=(Host("{domain}", mx_of=""),),
        mx="none",
        certificate_name="{domain}",
    ),
    case("t_nothing", "neither MX record nor address", _no_mail("no_address"), hosts=(), mx="none"),
    case("t_no_address", "the MX host has no address", _no_mail("no_address"), hosts=(Host(servers=()),)),
    case(
        "t_no_address_too",
        "the second MX host has no address",
        warned("mx_no_address"),
        hosts=(Host(), Host("gone.{domain}", (), preference=20)),
    ),
    case(
        "u_cname_mx",
        "the MX host is an alias, the certificate is for its name in the MX record",
        warned("mx_is_cname"),
        hosts=(Host(alias="real.{domain}"),),
    ),
    case("x_idn", "an international domain", FULL, domain="bücher-x.test"),
)

_SMART_HOSTS: tuple[Case, ...] = (
    case(
        "ee_smarthost_ip",
        "a smart host by address",
        FULL,
        hosts=(Host(mx_of=""),),
        mx="none",
        smart_hosts=("{address}",),
    ),
    case(
        "ee_smarthost_name",
        "a smart host by name, which needs SNI; the domain itself takes no mail",
        FULL,
        hosts=(Host(servers=(Server(sni="required"),), mx_of=""),),
        mx="null",
        smart_hosts=("mx.{domain}",),
    ),
    case(
        "ee_smarthost_mx",
        "a smart host by a name that has MX records",
        FULL,
        hosts=(Host(mx_of="relay.{domain}"),),
        mx="none",
        smart_hosts=("relay.{domain}",),
    ),
    case(
        "ee_smarthost_network",
        "smart hosts by network, one with a self-signed certificate",
        Expected("encryption_only", ENCRYPTION, ("self_signed",)),
        hosts=(Host(servers=(Server(), _SELF_SIGNED), network=True, mx_of=""),),
        mx="none",
        smart_hosts=("{network}",),
    ),
    case(
        "ee_smarthost_sts",
        "a smart host whose own MTA-STS policy does not list it",
        blocked("sts_mx_mismatch"),
        hosts=(Host(mx_of=""),),
        mx="none",
        smart_hosts=("mx.{domain}",),
        policy=Policy(ENFORCED_OK.replace("mx.{domain}", "mail.other.example"), of="mx.{domain}"),
    ),
)

CASES: tuple[Case, ...] = (*_ROUTES, *_SMART_HOSTS)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partners of the proof: those of the lab's table, and a few more whose point is what becomes of mail."""

from __future__ import annotations

import dataclasses
import typing as t

from ..partners.cases import CASES
from ..partners.shapes import FULL, NOTHING, Case, Expected, Host, Leaf, Policy, Server, Tlsa, case
from ..partners.table import Table

_OTHER_NAME: t.Final = Server(Leaf(("other.example",), common_name="other.example"))
_NO_STARTTLS: t.Final = Server(manner="no_starttls")

#: Beside the lab's table; they come behind it, so that its partners stay at their addresses.
MORE: t.Final[tuple[Case, ...]] = (
    case(
        "proof_second_good",
        "two hosts: the first has no STARTTLS, the second is good",
        Expected("opportunistic", NOTHING),
        hosts=(Host("mx1.{domain}", (_NO_STARTTLS,)), Host("mx2.{domain}", preference=20)),
        certificate_name="*.{domain}",
    ),
    case(
        "proof_smarthost_other",
        "a smart host by name, whose certificate is for another one",
        Expected("certificate_validation", NOTHING),
        hosts=(Host(servers=(_OTHER_NAME,), mx_of=""),),
        mx="none",
        smart_hosts=("mx.{domain}",),
    ),
    case(
        "proof_dane_demanded",
        "DANE is demanded, and the TLSA record matches a self-signed certificate",
        FULL,
        hosts=(Host(servers=(Server(Leaf(issuer="self")),), tlsa=(Tlsa(3, 1, 1, "leaf"),)),),
        secure=True,
        smtp_dane_mode="mandatory",
    ),
    case(
        "proof_sts_no_tls",
        "the policy is enforced and lists the server, which has no STARTTLS",
        Expected("opportunistic", NOTHING),
        hosts=(Host(servers=(_NO_STARTTLS,)),),
        policy=Policy(),
    ),
)
ALL: t.Final = Table((*CASES.values(), *MORE), first_net=20)


def as_good(*ids: str) -> Table:
    """The same table with some partners' servers as they should be: what they are when they are repaired."""
    return Table(
        (dataclasses.replace(one, hosts=(Host(),)) if one.id in ids else one for one in ALL.cases.values()),
        first_net=20,
    )


class Row(t.NamedTuple):
    """A line of the outbound table: a partner, what is to be said of them, and what is not certain about it."""

    id: str
    what: str
    note: str = ""


#: What is decided by the level of TLS.
BY_LEVEL: t.Final[tuple[Row, ...]] = (
    Row("a_good", "TLS 1.2 and 1.3, a trusted certificate with the right name"),
    Row("o_wildcard", "the same with a wildcard certificate"),
    Row("j_tls13", "TLS 1.3 only", "nothing published says that Exchange Online offers TLS 1.3 when it sends mail"),
    Row("i_tls10", "TLS 1.0 and 1.1 only"),
    Row("f_no_starttls", "STARTTLS is not offered"),
    Row("z_stripped", "a device on the way takes STARTTLS out"),
    Row("h_454", "STARTTLS is offered and refused (454)"),
    Row("g_close", "the handshake breaks off"),
    Row("g_alert", "the handshake ends in an alert"),
    Row("b_wrong_name", "a trusted certificate for another name"),
    Row("b_tlsdomain", "the same, and the connector asks for that name"),
    Row("c_expired", "an expired certificate"),
    Row("c_not_yet", "a certificate that is not valid yet", "the text was published for an expired one"),
    Row("d_selfsigned", "a self-signed certificate"),
    Row("e_unknown_ca", "a certificate of an unknown authority"),
    Row("l_no_intermediate", "the intermediate certificate is not sent"),
    Row(
        "bb_revoked",
        "a revoked certificate",
        "Microsoft documents the check, and nobody has published the text; what happens where the list cannot be had "
        "is not known",
    ),
    Row("n_mixed", "two MX hosts, the second without STARTTLS"),
    Row("proof_second_good", "two MX hosts, the first without STARTTLS"),
    Row("ee_smarthost_name", "a smart host with a good certificate"),
    Row("proof_smarthost_other", "a smart host with a certificate for another name"),
    Row("y_refused", "nothing listens"),
)
#: What is decided by DANE and MTA-STS beside it.
BY_POLICY: t.Final[tuple[Row, ...]] = (
    Row(
        "v_dane_ok",
        "TLSA record matches a self-signed certificate",
        "nobody has published how the level and DANE work together; the lab asks for both",
    ),
    Row("v_dane_bad", "TLSA record matches nothing"),
    Row("v_dane_off", "the same, and the connector has DANE off"),
    Row("v_dane_no_tls", "TLSA record, and STARTTLS is not offered"),
    Row("v_dane_bogus", "the look-up of TLSA records fails"),
    Row("proof_dane_demanded", "the connector demands DANE; the TLSA record matches a self-signed certificate"),
    Row(
        "v_dane_missing",
        "the connector demands DANE; there is no TLSA record",
        "which of the texts for DANE it is has not been published",
    ),
    Row("w_sts_ok", "MTA-STS policy enforced, and all is as it says"),
    Row("w_sts_mismatch", "MTA-STS policy enforced, and the MX host is not in it"),
    Row("w_sts_testing", "the same in mode testing"),
    Row("w_sts_off", "the same enforced, and the connector has MTA-STS off"),
    Row("w_sts_selfsigned", "MTA-STS policy enforced, and the certificate is self-signed"),
    Row(
        "proof_sts_no_tls",
        "MTA-STS policy enforced, and STARTTLS is not offered",
        "nobody has published the text for it",
    ),
)
ROWS: t.Final = (*BY_LEVEL, *BY_POLICY)

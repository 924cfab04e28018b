# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forced means forced: real mail through connectors that the module made, and what the partners' servers got of it.

What is expected stands here in full, and comes from nowhere else.
"""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow import proof, proof_inbound
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_cases import CASES as INBOUND
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_play import Observed
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.proof import FORCED, LEVELS, Cell, Cells
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.proof_partners import ALL, ROWS
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.tools.standing import Standing

#: By partner, for opportunistic, encryption_only, certificate_validation and domain_validation: tls is delivered
#: encrypted, CLEAR is delivered in clear, and anything else is a key of WAITS.
OUTBOUND = {
    "a_good": "tls tls tls tls",
    "o_wildcard": "tls tls tls tls",
    "j_tls13": "CLEAR handshake handshake handshake",
    "i_tls10": "CLEAR handshake handshake handshake",
    "f_no_starttls": "CLEAR starttls starttls starttls",
    "z_stripped": "CLEAR starttls starttls starttls",
    "h_454": "CLEAR starttls starttls starttls",
    "g_close": "CLEAR broken_off broken_off broken_off",
    "g_alert": "CLEAR handshake handshake handshake",
    "b_wrong_name": "tls tls tls name",
    "b_tlsdomain": "tls tls tls tls",
    "c_expired": "tls tls date date_named",
    "c_not_yet": "tls tls date date_named",
    "d_selfsigned": "tls tls root root",
    "e_unknown_ca": "tls tls root root",
    "l_no_intermediate": "tls tls root root",
    "bb_revoked": "tls tls revoked revoked",
    "n_mixed": "tls tls tls tls",
    "proof_second_good": "CLEAR tls tls tls",
    "ee_smarthost_name": "tls tls tls tls",
    "proof_smarthost_other": "tls tls tls name",
    "y_refused": "refused refused refused refused",
    "v_dane_ok": "tls tls root root",
    "v_dane_bad": "tlsa tlsa tlsa tlsa",
    "v_dane_off": "tls tls tls tls",
    "v_dane_no_tls": "dane_tls dane_tls dane_tls dane_tls",
    "v_dane_bogus": "dnssec dnssec dnssec dnssec",
    "proof_dane_demanded": "tls tls root root",
    "v_dane_missing": "tlsa tlsa tlsa tlsa",
    "w_sts_ok": "tls tls tls tls",
    "w_sts_mismatch": "sts_host sts_host sts_host sts_host",
    "w_sts_testing": "tls tls tls tls",
    "w_sts_off": "tls tls tls tls",
    "w_sts_selfsigned": "sts_root sts_root root root",
    "proof_sts_no_tls": "starttls starttls starttls starttls",
}
_CANNOT = "450 4.4.317 Cannot connect to remote server [Message="
_EXPIRED = "550 5.4.317 Message expired, cannot connect to remote server("


def _317(words: str) -> tuple[str, str]:
    return f"{_CANNOT}{words}]", f"{_EXPIRED}{words})"


def _presented(expected: str, subject: str) -> str:
    return f"Expected Subject: {expected}. Presented Subject: CN={subject}. Thumbprint:"


#: What message trace shows for mail that waits, and what the sender reads after a day.
WAITS = {
    "starttls": _317("451 5.7.3 STARTTLS is required to send mail"),
    "handshake": _317("Security status InvalidToken"),
    "broken_off": _317("451 4.4.0 TLS negotiation failed with error SocketError"),
    "name": _317(f"SubjectMismatch {_presented('mx.partner.example', 'other.example')}..."),
    "date": _317(f"CertificateExpired {_presented('partner.example', 'mx.partner.example')} ..."),
    "date_named": _317(f"CertificateExpired {_presented('mx.partner.example', 'mx.partner.example')} ..."),
    "root": _317("UntrustedRoot"),
    "revoked": (
        "450 4.7.320 Certificate validation failed",
        "550 5.4.300 Message expired -> 450 4.7.320 Certificate validation failed",
    ),
    "refused": (
        "450 4.4.316 Connection refused [Message=Socket error code 10061]",
        "550 5.4.316 Message expired, connection refused(Socket error code 10061)",
    ),
    "tlsa": (
        "450 4.7.323 tlsa-invalid: The domain failed DANE validation.",
        "550 5.7.323 tlsa-invalid: The domain failed DANE validation.",
    ),
    "dane_tls": (
        "450 4.7.321 starttls-not-supported: Destination mail server must support TLS to receive mail.",
        "550 5.7.321 starttls-not-supported: Destination mail server must support TLS to receive mail.",
    ),
    "dnssec": (
        "450 4.7.324 dnssec-invalid: Destination domain returned invalid DNSSEC records",
        "550 5.7.324 dnssec-invalid: Destination domain returned invalid DNSSEC records",
    ),
    "sts_host": (
        "450 4.4.8 MX hosts of partner.example failed MTA-STS validation",
        "550 5.4.8 MX hosts of partner.example failed MTA-STS validation",
    ),
    "sts_root": (
        "450 4.7.5 Remote certificate failed MTA-STS validation. Reason: UntrustedRoot",
        "550 5.7.5 Remote certificate failed MTA-STS validation. Reason: UntrustedRoot",
    ),
}
#: Those of all partners who get mail in clear where no level is forced.
GET_CLEAR_TEXT = {
    *("f_no_starttls", "z_stripped", "h_454", "g_close", "g_alert", "g_garbage", "i_tls10", "i_tls11", "i_dhe_only"),
    *("i_chacha_only", "j_tls13", "aa_client_cert_req", "aa_client_cert_req_tls12", "proof_second_good"),
    *("g_hang", "g_hang_starttls"),
}
#: A client for each column: in clear, TLS, the partner's certificate, another name, untrusted, expired; and from
#: another address in clear, TLS, the partner's certificate. E accepted encrypted, C accepted clear, else refused.
IN = {
    "none": "C E E E E E C E E",
    "require_tls": "tls E E E E E tls E E",
    "certificate": "only only E only only only only only E",
    "address": "C E E E E E only only only",
    "address_tls": "tls E E E E E only only only",
}
REFUSED = {
    "tls": "454 4.7.0 Failed to establish appropriate TLS channel: Access Denied",
    "only": "550 5.7.51 TenantInboundAttribution; There is a partner connector configured that matched the message's "
    "recipient domain. The connector had either the RestrictDomainsToIPAddresses or RestrictDomainsToCertificate set",
}
ENDS = {"E": "accepted encrypted", "C": "accepted clear"}


class Played(t.NamedTuple):
    """All of it; ``slow`` are the partners who run into time-outs."""

    cells: Cells
    slow: Cells
    inbound: dict[str, Observed]


@pytest.fixture(scope="module")
def played() -> Played:
    """Mail to all partners at all levels, and from one."""
    with Lab(proof_inbound.SEED, partners=PartnerWorld(table=ALL, hang_seconds=30, slow_banner=0.1)) as lab:
        standing, cases = Standing(lab), lab.partners.cases
        cells = proof.play(lab, [one for one in cases if not one.slow], standing, table=ALL)
        slow = proof.play(lab, [one for one in cases if one.slow], standing, table=ALL, timeout=1.5)
        return Played(cells, slow, proof_inbound.play(lab, standing))


def said(text: str, cell: Cell) -> str:
    """A text without what differs from run to run and from partner to partner."""
    text = re.sub(r"[0-9A-F]{40}\.?", "...", text.partition(" [LastAttempted")[0])
    return text.replace(cell.case.ascii_domain, "partner.example")


def ended(cell: Cell) -> str | tuple[str, str]:
    """A cell in the words of the table."""
    if cell.outcome == "nothing":
        return said(cell.text, cell), said(cell.notice, cell)
    return {"encrypted": "tls", "clear": "CLEAR"}[cell.outcome]


# -- to partners -----------------------------------------------------------------------------------------------------


def test_the_tables_have_the_same_lines() -> None:
    assert list(OUTBOUND) == [row.id for row in ROWS]


@pytest.mark.parametrize("partner", OUTBOUND)
def test_mail_to_a_partner_at_each_level(partner: str, played: Played) -> None:
    wanted = [WAITS.get(word, word) for word in OUTBOUND[partner].split()]
    assert [ended(played.cells[partner, level]) for level in LEVELS] == wanted


def test_no_letter_is_in_clear_where_tls_is_forced(played: Played) -> None:
    """Over all partners of the lab, by what their servers took."""
    cells = played.cells | played.slow
    assert {level for _partner, level in cells} == set(LEVELS)
    assert len(cells) >= 4 * 120
    in_clear = {key for key, cell in cells.items() if cell.outcome == "clear"}
    assert {key for key in in_clear if key[1] in FORCED} == set()
    # ... and it would have been seen.
    assert {partner for partner, _level in in_clear} == GET_CLEAR_TEXT


def test_the_senders_word_and_the_partners_agree(played: Played) -> None:
    for key, cell in (played.cells | played.slow).items():
        last = cell.message.attempts[-1].attempt
        assert (last.result == "delivered") == (cell.outcome != "nothing"), key
        assert last.encrypted == (cell.outcome == "encrypted"), key
        assert cell.message.status == ("returned" if cell.outcome == "nothing" else "delivered"), key
        assert cell.protocol == ("TLSv1.2" if cell.outcome == "encrypted" else ""), key


def test_what_is_not_delivered_comes_back_within_a_day(played: Played) -> None:
    waited = [cell for cell in (played.cells | played.slow).values() if cell.outcome == "nothing"]
    assert len(waited) > 150
    for cell in waited:
        message = cell.message
        assert message.finished is not None
        hours = (message.finished - message.submitted).total_seconds() / 3600
        assert (hours, len(message.attempts)) == ((0, 1) if cell.at_once else (24, 26)), cell.case.id
        assert cell.notice.startswith("550 5.")
        assert cell.notice in cell.notice_text
        assert "C: (message)" not in cell.first.conversation
    assert {cell.case.id for cell in waited if cell.at_once} == {"s_null_mx", "s_nxdomain"}


# -- from a partner --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("connector", IN)
def test_mail_from_a_partner_to_each_connector(connector: str, played: Played) -> None:
    seen = [one for case_id, one in played.inbound.items() if case_id.startswith(f"{connector}-")]
    words = IN[connector].split()
    assert [one.outcome for one in seen] == [ENDS.get(word, "refused") for word in words]
    for one, word in zip(seen, words, strict=True):
        assert one.reply.startswith(REFUSED.get(word, ""))
        assert (one.reply == "") == (word in ENDS)


@pytest.mark.parametrize("case", INBOUND, ids=lambda case: case.id)
def test_mail_from_a_partner(case: t.Any, played: Played) -> None:
    seen = played.inbound[case.id]
    assert seen.is_as(case.expected), (seen.outcome, seen.reply)


def test_nothing_comes_in_clear_where_tls_is_required(played: Played) -> None:
    """Over all cases, by what the server kept: no connector with RequireTls took a message that came in clear."""
    connectors = {case.id: {one["name"]: one for one in proof_inbound.options(case)} for case in INBOUND}
    for case_id, one in played.inbound.items():
        if one.kept is not None and one.outcome == "accepted clear" and one.kept.connector is not None:
            assert connectors[case_id][one.kept.connector]["require_tls"] is False, case_id

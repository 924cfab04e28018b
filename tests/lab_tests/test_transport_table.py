# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail to every partner of the table at every level: who gets it, and that none of it goes in clear that must not."""

from __future__ import annotations

import concurrent.futures
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.shapes import Attempt, TlsSettings
from ansible_collections.mailflow.exchange_online.tests.lab.partners import CASES, PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab.partners.journal import Letter
from ansible_collections.mailflow.exchange_online.tests.lab.partners.shapes import Case
from ansible_collections.mailflow.exchange_online.tests.lab_tests.transport_client import LEVELS, MESSAGE, Office

#: The same levels in the table's words.
WORDS = ("opportunistic", "encryption_only", "certificate_validation", "domain_validation")
#: result, and whether it went through TLS.
End = tuple[str, bool]
DELIVERED: End = ("delivered", True)
IN_CLEAR: End = ("delivered", False)
DEFERRED: End = ("deferred", False)
FAILED: End = ("failed", False)
Level = TlsSettings | None

_ONE_IS_ENOUGH = "the table has the weakest of several servers; mail takes the first that does"
_NAME_OPEN = "the table leaves this name open; the lab's default takes it"
#: Where mail ends otherwise than the table makes one expect, and why.
DIFFERENCES: dict[tuple[str, Level], tuple[End, str]] = {
    ("a_no_name_asked", "DomainValidation"): (DEFERRED, "without TlsDomain the recipient's domain is compared"),
    ("b_cn_only", "DomainValidation"): (DELIVERED, _NAME_OPEN),
    ("b_tlsdomain_deep", "DomainValidation"): (DELIVERED, _NAME_OPEN),
    ("cc_broken_san", "DomainValidation"): (DELIVERED, _NAME_OPEN),
    **{("n_mixed", level): (DELIVERED, _ONE_IS_ENOUGH) for level in LEVELS},
    **{
        (case_id, level): (DELIVERED, _ONE_IS_ENOUGH)
        for case_id in ("n_mixed_cert", "dd_multi_a", "ee_smarthost_network")
        for level in LEVELS[2:]
    },
    # The table does not judge these servers.
    ("aa_client_cert_req", None): (IN_CLEAR, "no certificate is shown, so the handshake fails"),
    ("aa_client_cert_req_tls12", None): (IN_CLEAR, "no certificate is shown, so the handshake fails"),
    ("g_hang", None): (IN_CLEAR, "a handshake that does not end has failed"),
    ("g_hang_starttls", None): (IN_CLEAR, "TLS does not work where STARTTLS is not answered"),
    **{("s_null_mx", level): (FAILED, "the domain says that it takes no mail") for level in LEVELS},
    **{("s_nxdomain", level): (FAILED, "there is no such domain") for level in LEVELS},
}


def expected_end(case: Case, level: Level) -> End:
    """What the table's words on a partner mean for mail."""
    sustains = case.expected.sustains
    if case.expected.delivery == "blocked" or sustains is None:
        return DEFERRED
    if WORDS.index(sustains) < LEVELS.index(level):
        return DEFERRED
    return IN_CLEAR if sustains == "opportunistic" else DELIVERED


def must_be_encrypted(case: Case, level: Level) -> bool:
    """Whether a connector or the partner's policies forbid mail in clear, by the table alone."""
    dane = case.secure and any(host.tlsa or host.tlsa_fails for host in case.hosts)
    policy = case.policy
    enforced = policy is not None and "mode: enforce" in policy.text and policy.host == "good"
    return (
        level is not None
        or case.smtp_dane_mode == "mandatory"
        or (dane and case.smtp_dane_mode != "none")
        or (enforced and case.mta_sts_mode != "none")
    )


class Sent(t.NamedTuple):
    """All attempts, by case and level, and the mail that partners took, by recipient."""

    attempts: dict[tuple[str, Level], Attempt]
    letters: dict[str, list[Letter]]


def recipient(case_id: str, level: Level) -> str:
    """A local part of its own for each attempt."""
    return f"{case_id}.{level}"


@pytest.fixture(scope="module")
def sent() -> Sent:
    """Mail for everybody, several at a time."""
    with PartnerWorld(hang_seconds=60, slow_banner=0.1) as world:
        office = Office(world)
        todo = [(case.id, level) for case in world.cases for level in LEVELS]
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            attempts = pool.map(lambda one: office.send(*one, to=recipient(*one)), todo)
            found = dict(zip(todo, attempts, strict=True))
        letters: dict[str, list[Letter]] = {}
        for letter in world.journal.letters:
            (to,) = letter.recipients
            letters.setdefault(to.rpartition("@")[0], []).append(letter)
        return Sent(found, letters)


@pytest.mark.parametrize("level", LEVELS, ids=WORDS)
@pytest.mark.parametrize("case_id", CASES)
def test_mail_ends_as_the_table_makes_one_expect(case_id: str, level: Level, sent: Sent) -> None:
    if (case_id, level) not in sent.attempts:
        assert case_id == "r_ipv6"  # this machine has none
        return
    attempt, case = sent.attempts[case_id, level], CASES[case_id]
    end = expected_end(case, level)
    differs = DIFFERENCES.get((case_id, level))
    if differs is not None:
        assert differs[0] != end, "no difference any more"
        end = differs[0]
    assert (attempt.result, attempt.encrypted) == end, (attempt.text, attempt.conversation)


def test_what_is_said_and_what_partners_took_agree(sent: Sent) -> None:
    for (case_id, level), attempt in sent.attempts.items():
        letters = sent.letters.get(recipient(case_id, level), [])
        assert len(letters) == (attempt.result == "delivered"), (case_id, level)
        for letter in letters:
            assert (letter.address, letter.encrypted) == (attempt.address, attempt.encrypted)
            assert (letter.content, letter.mail_from) == (MESSAGE, "sender@tenant.test")
            assert letter.protocol == attempt.protocol
            assert letter.helo == "mail-eopbgr00000.outbound.protection.outlook.test"


def test_nothing_goes_in_clear_that_must_not(sent: Sent) -> None:
    in_clear = {to for to, letters in sent.letters.items() if not all(letter.encrypted for letter in letters)}
    forbidden = {
        recipient(case_id, level) for case_id, level in sent.attempts if must_be_encrypted(CASES[case_id], level)
    }
    assert len(in_clear) > 10
    assert len(forbidden) > 300
    assert not in_clear & forbidden


def test_no_tls_before_1_2_and_no_1_3(sent: Sent) -> None:
    protocols = {letter.protocol for letters in sent.letters.values() for letter in letters}
    assert protocols == {"", "TLSv1.2"}


def test_every_attempt_can_be_read(sent: Sent) -> None:
    for attempt in sent.attempts.values():
        assert attempt.text[:4] in ("250 ", "450 ", "550 ")
        assert "{" not in attempt.text
        assert all(line[:3] in ("C: ", "S: ", "-- ") and line.isprintable() for line in attempt.conversation)
        assert ("C: (message)" in attempt.conversation) == (attempt.result == "delivered")
        if attempt.result == "delivered":
            assert attempt.conversation[-2:] == ("C: QUIT", "S: 221 2.0.0 Bye")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLSA records against what a server shows (RFC 7672)."""

from __future__ import annotations

import hashlib
import pathlib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import certificate, dane
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Answer, Dane, Tlsa
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.verify import Verifier
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.pki import (
    Made,
    leaf,
    make,
    root,
    stranger,
)

NAMES = ("mx.contoso.com", "mx.contoso.com", "contoso.com")


def spki(made: Made) -> bytes:
    return certificate.spki(made.certificate)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    path = pathlib.Path(tmp_path_factory.mktemp("ca")) / "ca.pem"
    path.write_bytes(root().pem)
    return Verifier(str(path))


Judge = t.Callable[..., Dane]


@pytest.fixture
def judge(verifier: Verifier) -> Judge:
    def call(answer: Answer | None, *chain: Made, reached: bool = True, proven: bool = True) -> Dane:
        read = [certificate.read(one.der) for one in chain]
        return dane.judge(answer, read, NAMES, reached=reached, proven=proven, anchored=verifier.anchored)

    return call


def found(*records: Tlsa) -> Answer:
    return Answer("found", records, secure=True)


def own(**changes: t.Any) -> list[Made]:
    """A server with a certificate from an authority of its own."""
    authority = make("Own", stranger(), authority=True)
    return [leaf(issuer=authority, **changes), authority]


@pytest.mark.parametrize(
    ("record", "status"),
    [
        (lambda end, top: Tlsa(3, 1, 1, sha256(spki(end))), "match"),
        (lambda end, top: Tlsa(3, 0, 1, sha256(end.der)), "match"),
        (lambda end, top: Tlsa(3, 1, 2, hashlib.sha512(spki(end)).digest()), "match"),
        (lambda end, top: Tlsa(3, 1, 0, spki(end)), "match"),
        (lambda end, top: Tlsa(3, 0, 0, end.der), "match"),
        (lambda end, top: Tlsa(2, 1, 1, sha256(spki(top))), "match"),
        (lambda end, top: Tlsa(2, 0, 1, sha256(top.der)), "match"),
        (lambda end, top: Tlsa(3, 1, 1, sha256(spki(top))), "mismatch"),
        (lambda end, top: Tlsa(2, 1, 1, sha256(spki(stranger()))), "mismatch"),  # not in the chain as sent
        (lambda end, top: Tlsa(3, 1, 1, b"x" * 32), "mismatch"),
        (lambda end, top: Tlsa(1, 1, 1, sha256(spki(end))), "unusable"),
        (lambda end, top: Tlsa(0, 1, 1, sha256(spki(top))), "unusable"),
        (lambda end, top: Tlsa(3, 2, 1, sha256(spki(end))), "unusable"),
        (lambda end, top: Tlsa(3, 1, 3, sha256(spki(end))), "unusable"),
        (lambda end, top: Tlsa(3, 1, 1, sha256(spki(end))[:31]), "unusable"),
        (lambda end, top: Tlsa(3, 1, 0, b""), "unusable"),
        (lambda end, top: Tlsa(255, 255, 255, b"?"), "unusable"),
    ],
)
def test_a_record_against_a_server(record: t.Callable[[Made, Made], Tlsa], status: str, judge: Judge) -> None:
    end, top = own()
    tlsa = record(end, top)
    judged = judge(found(tlsa), end, top)
    assert judged.status == status
    assert judged.matched == (tlsa if status == "match" else None)
    assert judged.records == (tlsa,)


def test_while_keys_change_one_record_of_several_is_enough(judge: Judge) -> None:
    end, top = own()
    next_key, this_key = Tlsa(3, 1, 1, b"n" * 32), Tlsa(3, 1, 1, sha256(spki(end)))
    assert judge(found(next_key, this_key), end, top).matched == this_key


def test_unusable_records_beside_usable_ones_do_not_count(judge: Judge) -> None:
    end, top = own()
    assert judge(found(Tlsa(1, 1, 1, b"x" * 32), Tlsa(3, 1, 1, b"x" * 32)), end, top).status == "mismatch"


def test_an_end_entity_record_ignores_names_and_dates(judge: Judge) -> None:
    end, top = own(names=["other.example"], valid=(-9, -1))
    assert judge(found(Tlsa(3, 1, 1, sha256(spki(end)))), end, top).status == "match"


@pytest.mark.parametrize("changes", [{"names": ["other.example"]}, {"valid": (-9, -1)}])
def test_an_authority_record_does_not(changes: dict[str, t.Any], judge: Judge) -> None:
    end, top = own(**changes)
    assert judge(found(Tlsa(2, 1, 1, sha256(spki(top)))), end, top).status == "mismatch"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (None, "none"),
        (Answer("absent", secure=True), "none"),
        (Answer("nxdomain", secure=True), "none"),
        (Answer("failed", detail="SERVFAIL"), "bogus"),
        (Answer("timeout", detail="no answer"), "unjudged"),
    ],
)
def test_what_the_look_up_came_to(answer: Answer | None, status: str, judge: Judge) -> None:
    judged = judge(answer, *own())
    assert judged.status == status
    assert judged.detail == (answer.detail if answer else "")


def test_a_server_without_tls_does_not_match_and_one_that_was_not_reached_is_not_judged(judge: Judge) -> None:
    usable, unusable = found(Tlsa(3, 1, 1, b"x" * 32)), found(Tlsa(1, 1, 1, b"x" * 32))
    assert judge(usable).status == "mismatch"
    assert judge(unusable).status == "mismatch"  # TLS is mandatory then, too
    assert judge(usable, reached=False).status == "unjudged"
    assert judge(Answer("failed"), reached=False).status == "bogus"


def test_the_name_may_be_any_of_the_reference_identifiers(judge: Judge) -> None:
    """The recipient's domain too, and a wildcard for one label (RFC 7672 sections 3.2.2 and 3.2.3)."""
    for names, status in (
        (["contoso.com"], "match"),
        (["*.contoso.com"], "match"),
        (["*.com"], "mismatch"),
        ([], "mismatch"),  # a common name does not count
    ):
        end, top = own(names=names)
        assert judge(found(Tlsa(2, 1, 1, sha256(spki(top)))), end, top).status == status


def test_an_authority_that_the_server_leaves_out_does_not_match(judge: Judge) -> None:
    """The certificate must be sent, even that of a trusted root (RFC 7672 section 3.1.2)."""
    end = leaf(issuer=root())
    record = found(Tlsa(2, 0, 1, sha256(root().der)))
    assert judge(record, end).status == "mismatch"
    assert judge(record, end, root()).status == "match"


def test_an_authority_that_signed_nothing_does_not_match(judge: Judge) -> None:
    """One that is merely put beside the chain."""
    end, top = own()
    assert judge(found(Tlsa(2, 1, 1, sha256(spki(stranger())))), end, top, root()).status == "mismatch"
    assert judge(found(Tlsa(2, 1, 1, sha256(spki(root())))), end, top, root()).status == "mismatch"


def test_a_server_may_be_its_own_authority(judge: Judge) -> None:
    """A self-signed certificate under a record 2 0 1."""
    end = make("leaf", names=["mx.contoso.com"], authority=True)
    assert judge(found(Tlsa(2, 0, 1, sha256(end.der))), end).status == "match"


def test_twenty_records_are_looked_at(judge: Judge) -> None:
    end, top = own()
    good, wrong = Tlsa(3, 1, 1, sha256(spki(end))), Tlsa(3, 1, 1, b"x" * 32)
    assert judge(found(*[wrong] * 19, good), end, top).status == "match"
    judged = judge(found(*[wrong] * 20, good), end, top)
    assert (judged.status, len(judged.records)) == ("mismatch", 20)


def test_whether_the_answer_proves_anything_is_handed_on(judge: Judge) -> None:
    assert judge(found(Tlsa(3, 1, 1, b"x" * 32)), *own(), proven=False).proven is False

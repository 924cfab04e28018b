# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chains before OpenSSL: what it says of each, and what we make of it."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.verify import Verifier
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.pki import (
    Made,
    intermediate,
    leaf,
    make,
    root,
    stranger,
)

Chain = t.Callable[[], list[Made]]


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_bytes(root().pem)
    return Verifier(str(path))


def ders(chain: t.Iterable[Made]) -> tuple[bytes, ...]:
    return tuple(one.der for one in chain)


#: what it is, the chain, the reason, OpenSSL's code.
CHAINS: list[tuple[str, Chain, str, int]] = [
    ("as it should be", lambda: [leaf(), intermediate()], "trusted", 0),
    ("with the root", lambda: [leaf(), intermediate(), root()], "trusted", 0),
    ("in another order", lambda: [leaf(), root(), intermediate()], "trusted", 0),
    ("with a stranger among them", lambda: [leaf(), stranger(), intermediate()], "trusted", 0),
    ("right from the root", lambda: [leaf(issuer=root())], "trusted", 0),
    ("an RSA key", lambda: [leaf(kind="rsa"), intermediate()], "trusted", 0),
    ("a short RSA key is not judged here", lambda: [leaf(kind="rsa1024"), intermediate()], "trusted", 0),
    ("an Ed25519 key", lambda: [leaf(kind="ed25519"), intermediate()], "trusted", 0),
    ("names are not judged here", lambda: [leaf(names=[]), intermediate()], "trusted", 0),
    ("expired", lambda: [leaf(valid=(-20, -1)), intermediate()], "expired", 10),
    ("not yet valid", lambda: [leaf(valid=(1, 20)), intermediate()], "not_yet_valid", 9),
    (
        "an expired authority",
        lambda: [leaf(issuer=make("Old", root(), authority=True, valid=(-9, -1))), make_old()],
        "expired",
        10,
    ),
    ("self-signed", lambda: [make("leaf", names=["mx.contoso.com"])], "self_signed", 18),
    ("from a stranger, with the root", lambda: [leaf(issuer=stranger()), stranger()], "untrusted_root", 19),
    ("from a stranger, alone", lambda: [leaf(issuer=stranger())], "untrusted_root", 20),
    ("without the intermediate", lambda: [leaf(issuer_url="http://ca.example/i.der")], "incomplete_chain", 20),
    ("for clients", lambda: [leaf(client_only=True), intermediate()], "wrong_purpose", 26),
]


def make_old() -> Made:
    return make("Old", root(), authority=True, valid=(-9, -1))


@pytest.mark.parametrize(("what", "chain", "reason", "code"), CHAINS, ids=[row[0] for row in CHAINS])
def test_a_chain_is_judged_as_openssl_does(what: str, chain: Chain, reason: str, code: int, verifier: Verifier) -> None:
    trust = verifier.verify(ders(chain()))
    assert (trust.reason, trust.code) == (reason, code), trust
    assert trust.trusted is (code == 0)
    assert bool(trust.text) is (code != 0)


def test_what_is_no_certificate_is_not_trusted(verifier: Verifier) -> None:
    for chain in ([b"garbage"], [b""], [leaf().der[:-20]]):
        trust = verifier.verify(chain)
        assert trust.reason == "other"
        assert trust.code == -1
        assert trust.text


def test_a_missing_certificate_is_proven_by_one_that_others_sent(verifier: Verifier) -> None:
    alone = [leaf().der]
    assert verifier.verify(alone).proven is False
    trust = verifier.verify(alone, [stranger().der, intermediate().der])
    assert (trust.reason, trust.proven, trust.missing) == ("incomplete_chain", True, "CN=Intermediate")


def test_an_unknown_authority_is_proven_by_its_root(verifier: Verifier) -> None:
    trust = verifier.verify([leaf(issuer=stranger(), issuer_url="http://ca.example/i.der").der], [stranger().der])
    assert (trust.reason, trust.proven) == ("untrusted_root", True)


def test_what_others_sent_makes_no_chain_trusted(verifier: Verifier) -> None:
    assert not verifier.verify([leaf().der], [intermediate().der]).trusted


def test_what_is_missing_is_looked_for_at_the_end_of_the_path(verifier: Verifier) -> None:
    lower = make("Lower", intermediate(), authority=True)
    trust = verifier.verify([leaf(issuer=lower).der, lower.der], [intermediate().der])
    assert (trust.reason, trust.missing) == ("incomplete_chain", "CN=Intermediate")


def test_a_chain_can_be_anchored_at_one_of_its_certificates(verifier: Verifier) -> None:
    """DANE-TA: neither the system's trust nor a self-signed root is needed (RFC 7672 section 3.1.2)."""
    own = make("Own", stranger(), authority=True)
    chain = [leaf(issuer=own).der, own.der]
    assert verifier.anchored(chain, own.der)
    assert not verifier.anchored(chain, intermediate().der)
    assert not verifier.anchored([leaf(issuer=own, valid=(-9, -1)).der, own.der], own.der)
    assert not verifier.verify(chain).trusted


def test_authorities_can_be_looked_up_by_their_name(verifier: Verifier) -> None:
    assert verifier.authorities == {"CN=Root": root().der}


def test_a_file_that_cannot_be_used_says_why(tmp_path: pathlib.Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "directory").mkdir()
    for name, said in (
        ("missing.pem", "cannot be read (No such file or directory)"),
        ("empty.pem", "holds no certificate in PEM form"),
        ("directory", "is a directory without CA certificates of hashed names"),
    ):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are looked at below
            Verifier(str(tmp_path / name))
        assert str(caught.value).startswith(said)
        assert ";" in str(caught.value)


def test_without_a_file_the_system_is_asked() -> None:
    """The lab's authority is none of the system's."""
    assert Verifier().verify(ders([leaf(), intermediate(), root()])).reason == "untrusted_root"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chains before OpenSSL: what it says of each, and what we make of it."""

from __future__ import annotations

import functools
import hashlib
import pathlib
import ssl
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.verify import Verifier
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.pki import (
    Made,
    intermediate,
    key,
    leaf,
    make,
    root,
    stranger,
    subject,
    with_sha1,
)

ISSUER = "http://ca.example/i.der"

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
    (
        "two intermediates in the wrong order",
        lambda: [leaf(issuer=lower()), intermediate(), lower()],
        "trusted",
        0,
    ),
    ("sixty certificates", lambda: [leaf(), *sixty(), intermediate()], "trusted", 0),
    # Were it cut short, OpenSSL would wait for the rest, which reads like a good chain.
    ("sixty from a stranger", lambda: [leaf(issuer=stranger()), *sixty(), stranger()], "untrusted_root", 19),
    ("signed with SHA-1 is not judged here", lambda: [with_sha1(), intermediate("rsa")], "trusted", 0),
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
    ("self-signed and expired", lambda: [make("leaf", valid=(-9, -1))], "self_signed", 18),
    (
        "expired, and from a stranger",
        lambda: [leaf(issuer=stranger(), valid=(-9, -1)), stranger()],
        "untrusted_root",
        19,
    ),
    ("from a stranger, with the root", lambda: [leaf(issuer=stranger()), stranger()], "untrusted_root", 19),
    ("from a stranger, alone", lambda: [leaf(issuer=stranger())], "untrusted_root", 20),
    ("without the intermediate", lambda: [leaf(issuer_url="http://ca.example/i.der")], "incomplete_chain", 20),
    ("without the upper intermediate", lambda: [named(lower(), ISSUER), lower(ISSUER)], "incomplete_chain", 20),
    ("from a stranger who says where to ask", lambda: [named(stranger(), ISSUER)], "incomplete_chain", 20),
    ("for clients", lambda: [leaf(client_only=True), intermediate()], "wrong_purpose", 26),
]


def make_old() -> Made:
    return make("Old", root(), authority=True, valid=(-9, -1))


def lower(issuer_url: str = "") -> Made:
    return make("Lower", intermediate(), authority=True, issuer_url=issuer_url)


def named(issuer: Made, issuer_url: str) -> Made:
    return leaf(issuer=issuer, issuer_url=issuer_url)


@functools.cache
def sixty() -> list[Made]:
    return [make(f"other {number}", own=key("other")) for number in range(58)]


@pytest.mark.parametrize(("what", "chain", "reason", "code"), CHAINS, ids=[row[0] for row in CHAINS])
def test_a_chain_is_judged_as_openssl_does(what: str, chain: Chain, reason: str, code: int, verifier: Verifier) -> None:
    trust = verifier.verify(ders(chain()))
    assert (trust.reason, trust.code) == (reason, code), trust
    assert trust.trusted is (code == 0)
    assert bool(trust.text) is (code != 0)


def test_the_words_are_openssls(verifier: Verifier) -> None:
    said = {
        "expired": ders([leaf(valid=(-20, -1)), intermediate()]),
        "self-signed": ders([make("leaf")]),
        "in certificate chain": ders([leaf(issuer=stranger()), stranger()]),
        "unable to get local issuer certificate": ders([leaf()]),
    }
    for words, chain in said.items():
        assert words in verifier.verify(chain).text


def test_code_and_words_are_of_one_judgement(verifier: Verifier) -> None:
    trust = verifier.verify(ders([leaf(issuer=stranger())]), [stranger().der])
    assert trust.code == 19
    assert "self-signed certificate in certificate chain" in trust.text


def test_a_connection_says_the_same(verifier: Verifier, tmp_path: pathlib.Path) -> None:
    """Each chain once more, sent by a server over TLS 1.2 to a client that verifies it there and then."""
    (tmp_path / "ca.pem").write_bytes(root().pem)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers("DEFAULT:@SECLEVEL=0")
    client.load_verify_locations(tmp_path / "ca.pem")
    for what, chain, _reason, code in CHAINS:
        made = chain()
        assert handshake(client, made, tmp_path) == verifier.verify(ders(made)).code == code, what


def handshake(client_context: ssl.SSLContext, chain: list[Made], tmp_path: pathlib.Path) -> int:
    """Return OpenSSL's code for a chain in a real handshake, 0 for a good one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    (tmp_path / "server.pem").write_bytes(chain[0].key_pem + b"".join(one.pem for one in chain))
    context.load_cert_chain(tmp_path / "server.pem")
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client, server = client_context.wrap_bio(down, up), context.wrap_bio(up, down, server_side=True)
    for _flight in range(4):
        for end in (client, server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as problem:
                return problem.verify_code
    return 0


def test_what_is_no_certificate_is_not_trusted(verifier: Verifier) -> None:
    good, above = leaf().der, intermediate().der
    for chain in ([], [b"garbage"], [b""], [good[:-20]], [good + b"x", above], [good, b"garbage", above]):
        trust = verifier.verify(chain)
        assert trust.reason == "other"
        assert trust.code == -1
        assert trust.text


def test_more_than_openssl_takes_is_not_trusted(verifier: Verifier) -> None:
    """It reads 100 KiB of certificates at most, in a connection as well."""
    trust = verifier.verify(ders([leaf(), intermediate(), *sixty() * 6]))
    assert (trust.reason, trust.code) == ("other", -1)
    assert trust.text == "EXCESSIVE_MESSAGE_SIZE"


def test_a_missing_certificate_is_proven_by_one_that_others_sent(verifier: Verifier) -> None:
    alone = [leaf().der]
    assert verifier.verify(alone).proven is False
    trust = verifier.verify(alone, [stranger().der, intermediate().der])
    assert (trust.reason, trust.proven, trust.missing) == ("incomplete_chain", True, "CN=Intermediate")


def test_an_unknown_authority_is_proven_by_its_root(verifier: Verifier) -> None:
    trust = verifier.verify([leaf(issuer=stranger(), issuer_url="http://ca.example/i.der").der], [stranger().der])
    assert (trust.reason, trust.proven) == ("untrusted_root", True)


def test_one_who_bears_the_name_of_an_authority_proves_nothing(verifier: Verifier) -> None:
    """Servers may send what they like: a forged authority must not tell why another server's chain fails."""
    forged = make("Intermediate", stranger(), authority=True, own=key("forger"))
    trust = verifier.verify([leaf().der], [forged.der, stranger().der])
    assert (trust.code, trust.proven) == (20, False)
    trust = verifier.verify([leaf().der], [forged.der, stranger().der, intermediate().der])
    assert (trust.reason, trust.proven) == ("incomplete_chain", True)


def test_what_others_sent_is_put_together_however_long_it_is(verifier: Verifier) -> None:
    chain = [leaf(issuer=make("Lowest", lower(), authority=True)).der]
    extra = [intermediate().der, b"garbage", lower().der, make("Lowest", lower(), authority=True).der]
    trust = verifier.verify(chain, extra)
    assert (trust.reason, trust.proven, trust.missing) == ("incomplete_chain", True, "CN=Lowest")


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


@pytest.fixture
def hashed(tmp_path: pathlib.Path) -> pathlib.Path:
    """A directory with two authorities by hashed names, as ``openssl rehash`` makes it."""
    for name, made in (("root", root()), ("stranger", stranger())):
        # X509_NAME_hash: of the name in lower case, without the outermost sequence.
        digest = hashlib.sha1(subject(name).public_bytes()[2:]).digest()[:4]
        (tmp_path / f"{int.from_bytes(digest, 'little'):08x}.0").write_bytes(made.pem)
    return tmp_path


def test_a_directory_is_trusted_and_its_authorities_are_known_as_they_come_up(hashed: pathlib.Path) -> None:
    verifier = Verifier(str(hashed))
    assert verifier.verify(ders([leaf(), intermediate()])).trusted
    assert verifier.authorities == {"CN=Root": root().der}
    assert verifier.verify(ders([leaf(issuer=stranger())])).trusted
    assert verifier.authorities == {"CN=Root": root().der, "CN=Stranger": stranger().der}
    assert not verifier.verify(ders([make("leaf", names=["mx.contoso.com"])])).trusted


def test_a_file_that_cannot_be_used_says_why(tmp_path: pathlib.Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "other.pem").write_text("-----BEGIN NOTHING-----\n")
    (tmp_path / "der.pem").write_bytes(root().der)
    (tmp_path / "loop.pem").symlink_to("loop.pem")  # may not be read by root either
    (tmp_path / "directory").mkdir()
    for name, said in (
        ("missing.pem", "cannot be read (No such file or directory)"),
        ("loop.pem", "cannot be read (Too many levels of symbolic links)"),
        ("empty.pem", "holds no certificate in PEM form"),
        ("other.pem", "holds no certificate in PEM form"),
        ("der.pem", "holds no certificate in PEM form"),
        ("directory", "is a directory without CA certificates of hashed names"),
    ):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are looked at below
            Verifier(str(tmp_path / name))
        assert str(caught.value).startswith(said)
        assert ";" in str(caught.value)


def test_without_a_file_the_system_is_asked() -> None:
    """The lab's authority is none of the system's."""
    assert Verifier().verify(ders([leaf(), intermediate(), root()])).reason == "untrusted_root"


def test_a_system_without_authorities_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with pytest.raises(ValueError, match="this machine has no CA certificates"):
        Verifier()
    (tmp_path / "some.pem").write_bytes(root().pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "some.pem"))
    assert Verifier().verify(ders([leaf(), intermediate()])).trusted


def test_policies_are_fetched_by_the_same_trust_and_with_the_name(verifier: Verifier) -> None:
    context = verifier.web_context()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.get_ca_certs(binary_form=True) == [root().der]

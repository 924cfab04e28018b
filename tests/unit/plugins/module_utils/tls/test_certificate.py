# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates taken apart, also those that somebody made to do harm."""

from __future__ import annotations

import hashlib
import ipaddress

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.certificate import (
    Unreadable,
    dns_name,
    issued,
    read,
    readable,
    spki,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.pki import (
    NOW,
    intermediate,
    key,
    leaf,
    make,
    root,
    with_sha1,
)


def test_everything_that_is_told_of_a_certificate() -> None:
    made = leaf(
        names=["MX.Contoso.com", "*.contoso.com"], crl="http://crl.example/x", issuer_url="http://ca.example/i.der"
    )
    found = read(made.der)
    assert (found.subject, found.issuer, found.common_name) == ("CN=leaf", "CN=Intermediate", "leaf")
    assert found.names == ("mx.contoso.com", "*.contoso.com")
    assert found.has_san
    assert (found.not_after - NOW).days == 60
    assert (found.key_type, found.key_bits, found.key) == ("EC P-256", 256, "EC P-256")
    assert found.signature == "ecdsa-with-SHA256"
    assert found.serial == f"{made.certificate.serial_number:x}"
    assert found.sha256 == hashlib.sha256(made.der).hexdigest()
    assert found.spki_sha256 == hashlib.sha256(spki(made.certificate)).hexdigest()
    assert (found.crl_urls, found.issuer_urls) == (("http://crl.example/x",), ("http://ca.example/i.der",))
    assert not found.self_issued


def test_kinds_of_keys() -> None:
    assert read(leaf(kind="rsa").der).key == "RSA 2048"
    assert read(leaf(kind="rsa1024").der).key == "RSA 1024"
    assert read(leaf(kind="ed25519").der).key == "Ed25519"


def test_a_signature_with_sha1_is_told() -> None:
    assert read(with_sha1().der).signature == "sha1WithRSAEncryption"
    assert read(leaf(issuer=intermediate("rsa")).der).signature == "sha256WithRSAEncryption"


def test_who_issued_what() -> None:
    """By name and by signature."""
    above, end, forged = intermediate(), leaf(), make("Intermediate", root(), authority=True, own=key("forger"))
    assert issued(read(above.der), read(end.der))
    assert issued(read(root().der), read(root().der))
    assert issued(read(intermediate("rsa").der), read(leaf(issuer=intermediate("rsa")).der))
    assert not issued(read(root().der), read(end.der))
    assert not issued(read(forged.der), read(end.der))


def test_a_key_that_nobody_knows_makes_it_unreadable() -> None:
    """The library parses the certificate, and stumbles over the curve of its key only when it is asked for that."""
    p256, unknown = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d03017f")
    with pytest.raises(Unreadable):
        read(leaf().der.replace(p256, unknown))


def test_none_where_it_cannot_be_read() -> None:
    assert readable(b"garbage") is None
    assert readable(root().der) is read(root().der)


def test_addresses_and_names_that_are_no_dns_names_are_kept_apart() -> None:
    others = [
        x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
        x509.RFC822Name("a@b.example"),
        x509.DNSName("mx.example"),
    ]
    found = read(leaf(names=[], more=[x509.SubjectAlternativeName(others)]).der)
    assert (found.names, found.addresses) == (("mx.example",), ("192.0.2.1", "2001:db8::1"))


def test_three_urls_of_each_kind_are_enough() -> None:
    urls = [x509.UniformResourceIdentifier(f"http://crl.example/{number}") for number in range(9)]
    found = read(leaf(more=[x509.CRLDistributionPoints([x509.DistributionPoint(urls, None, None, None)])]).der)
    assert found.crl_urls == ("http://crl.example/0", "http://crl.example/1", "http://crl.example/2")


def test_an_oddity_that_the_library_warns_of_is_read() -> None:
    """A serial number that is not positive: warnings are errors in these tests."""
    der = leaf().der
    serial = x509.load_der_x509_certificate(der).serial_number.to_bytes(20, "big").lstrip(b"\0")
    negative = der.replace(serial, b"\x80" + serial[1:], 1)
    assert negative != der
    assert read(negative).subject == "CN=leaf"


def test_a_root_issued_itself() -> None:
    assert read(root().der).self_issued
    assert not read(intermediate().der).self_issued


def test_a_certificate_without_names_says_so() -> None:
    found = read(leaf(names=[]).der)
    assert (found.names, found.has_san) == ((), False)


def test_names_that_cannot_be_names_are_left_out() -> None:
    odd = ["ok.example", "*.*.example", "a b.example", "x*.example", "\\", "-x.example"]
    assert read(leaf(names=odd).der).names == ("ok.example",)


def test_a_hundred_names_are_enough() -> None:
    assert len(read(leaf(names=[f"n{number}.example" for number in range(150)]).der).names) == 100


def test_urls_that_cannot_be_fetched_are_left_out() -> None:
    for url in (
        "ldap://ca.example/x",
        "https://ca.example/x",
        "http://ca.example/a b",
        f"http://ca.example/{'x' * 600}",
    ):
        assert read(leaf(crl=url, issuer_url=url).der).crl_urls == ()


def test_an_extension_that_cannot_be_read_does_not_take_the_rest_away() -> None:
    nonsense = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\x30\x05\x82\x03m\xfcx")
    found = read(leaf(names=[], more=[nonsense]).der)
    assert found.subject == "CN=leaf"
    assert found.names == ()


def test_texts_are_harmless() -> None:
    found = read(make("evil\x1b[31m\r\nname", names=["a.example"]).der)
    assert "\x1b" not in found.subject + found.issuer + found.common_name
    assert "\n" not in found.subject + found.common_name


@pytest.mark.parametrize(
    ("text", "name"),
    [("MX.Example.", "mx.example"), ("_a.example", "_a.example"), ("*.b.example", "*.b.example")]
    + [(wrong, "") for wrong in ("", "*", "a..b", "-a", "a b", "a.*", "x" * 300)],
)
def test_dns_names(text: str, name: str) -> None:
    assert dns_name(text) == name


POSITION = st.integers(0, 9999)  # of ten thousand: signatures differ in length


@given(st.lists(st.tuples(POSITION, st.integers(0, 255)), min_size=1, max_size=6), POSITION)
def test_whatever_the_bytes_are_it_is_read_or_refused(changes: list[tuple[int, int]], cut: int) -> None:
    der = bytearray(leaf(crl="http://crl.example/x", issuer_url="http://ca.example/x").der)
    for position, value in changes:
        der[position * len(der) // 10000] = value
    for mangled in (bytes(der), bytes(der[: cut * len(der) // 10000])):
        try:
            found = read(mangled)
        except Unreadable:
            continue
        assert found.der == mangled
        assert (found.subject + found.issuer + found.common_name).isprintable()


@given(st.binary(max_size=200))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(Unreadable):
        read(garbage)

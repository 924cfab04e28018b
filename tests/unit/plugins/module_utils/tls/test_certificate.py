# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates taken apart, also those that somebody made to do harm."""

from __future__ import annotations

import hashlib

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.certificate import (
    Unreadable,
    dns_name,
    read,
    spki,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.pki import (
    NOW,
    intermediate,
    leaf,
    make,
    root,
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

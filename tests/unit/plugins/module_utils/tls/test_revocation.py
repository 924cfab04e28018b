# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What revocation lists say of a chain, and which lists do not count."""

from __future__ import annotations

import asyncio
import collections

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import certificate
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Certificate, RevocationStatus
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.revocation import (
    Lists,
    certificate_in,
    parse,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.pki import (
    NOW,
    Made,
    crl,
    intermediate,
    key,
    leaf,
    make,
    root,
    stranger,
)

URL = "http://crl.example/leaf.crl"


def check(chain: list[Made], files: dict[str, bytes | None]) -> tuple[RevocationStatus, collections.Counter[str]]:
    """Check a chain whose authorities are all at hand."""
    asked: collections.Counter[str] = collections.Counter()

    async def fetch(url: str) -> bytes | None:
        asked[url] += 1
        return files.get(url)

    read = [certificate.read(one.der) for one in chain]
    authorities = {one.subject: one for one in [*read, certificate.read(root().der)]}

    async def run() -> RevocationStatus:
        return await Lists(fetch, NOW).check(read, lambda one: authorities.get(one.issuer))

    return asyncio.run(run()), asked


def status(body: bytes | None, revoked: Made | None = None) -> RevocationStatus:
    found, _asked = check([revoked or leaf(crl=URL), intermediate()], {URL: body})
    return found


def point(**flags: bool) -> tuple[x509.ExtensionType, bool]:
    full = [x509.UniformResourceIdentifier(URL)]
    given = {"only_contains_user_certs": False, "only_contains_ca_certs": False, "indirect_crl": False, **flags}
    return (
        x509.IssuingDistributionPoint(full, None, only_some_reasons=None, only_contains_attribute_certs=False, **given),
        True,
    )


def unknown(*, critical: bool) -> tuple[x509.ExtensionType, bool]:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00"), critical


def test_a_certificate_that_is_in_no_list_is_good() -> None:
    assert status(crl(intermediate(), [1, 2, 3])) == RevocationStatus("good", "CN=leaf")


def test_one_that_is_listed_is_revoked() -> None:
    bad = leaf(crl=URL)
    found = status(crl(intermediate(), [1, bad.certificate.serial_number]), bad)
    assert found == RevocationStatus("revoked", "CN=leaf", f"revoked on {NOW:%Y-%m-%d}")


def test_one_that_was_taken_out_again_is_good() -> None:
    """removeFromCRL (RFC 5280 section 5.3.1)."""
    held = leaf(crl=URL)
    found = status(crl(intermediate(), [1], removed=[held.certificate.serial_number]), held)
    assert found.status == "good"


def test_a_list_may_come_as_pem() -> None:
    loaded = x509.load_der_x509_crl(crl(intermediate()))
    assert status(loaded.public_bytes(Encoding.PEM)).status == "good"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "nothing usable at http://crl.example/leaf.crl"),
        (b"<html>", "nothing usable at http://crl.example/leaf.crl"),
        (crl(stranger()), "the list is not the issuer's own"),
        (crl(intermediate(), signer=stranger()), "the signature of the list is wrong"),
        (crl(intermediate(), days=(-9, -2)), "the list is out of date since"),
        (crl(intermediate(), more=[(x509.DeltaCRLIndicator(1), True)]), "the list holds changes only"),
        (crl(intermediate(), more=[point(only_contains_ca_certs=True)]), "the list is for other certificates"),
        (crl(intermediate(), more=[point(indirect_crl=True)]), "the list is for other certificates"),
        (crl(intermediate(), more=[unknown(critical=True)]), "the list has a critical extension that is not known"),
    ],
)
def test_a_list_that_does_not_count_leaves_it_open(body: bytes | None, said: str) -> None:
    found = status(body)
    assert found.status == "unknown"
    assert found.subject == "CN=leaf"
    assert found.detail.startswith(said)


def test_an_extension_that_nobody_need_know_is_passed_over() -> None:
    assert status(crl(intermediate(), more=[unknown(critical=False)])).status == "good"


@pytest.mark.parametrize("names", [["mx.contoso.com"], []])
def test_a_list_for_servers_counts_for_servers_and_one_for_authorities_does_not(names: list[str]) -> None:
    """Also for a server whose certificate has nothing but a common name."""
    end = leaf(crl=URL, names=names)
    assert status(crl(intermediate(), more=[point(only_contains_user_certs=True)]), end).status == "good"
    assert status(crl(intermediate(), more=[point(only_contains_ca_certs=True)]), end).status == "unknown"


def test_a_list_for_authorities_counts_for_authorities_and_one_for_servers_does_not() -> None:
    above = "http://crl.example/root.crl"
    authority = make("Intermediate", root(), authority=True, crl=above)
    chain = [leaf(issuer=authority, crl=URL), authority]
    for kind, status_of_all in (("only_contains_ca_certs", "good"), ("only_contains_user_certs", "unknown")):
        found, _asked = check(chain, {URL: crl(authority), above: crl(root(), more=[point(**{kind: True})])})
        assert found.status == status_of_all


def test_the_next_url_is_asked_where_the_first_is_of_no_use() -> None:
    first, second = "http://a.example/x", "http://b.example/x"
    points = [
        x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None) for url in (first, second)
    ]
    end = leaf(more=[x509.CRLDistributionPoints(points)])
    found, asked = check([end, intermediate()], {first: b"<html>", second: crl(intermediate())})
    assert found.status == "good"
    assert asked == {first: 1, second: 1}
    found, asked = check([end, intermediate()], {first: crl(intermediate()), second: crl(intermediate())})
    assert asked == {first: 1}


def test_a_revoked_authority_outweighs_a_list_that_is_missing() -> None:
    above = "http://crl.example/root.crl"
    authority = make("Intermediate", root(), authority=True, crl=above)
    chain = [leaf(issuer=authority, crl=URL), authority]
    found, _asked = check(chain, {URL: None, above: crl(root(), [authority.certificate.serial_number])})
    assert (found.status, found.subject) == ("revoked", "CN=Intermediate")


def test_a_list_is_good_for_one_issuer_and_not_for_another() -> None:
    """Two authorities of one name: what was found out for the first must not count for the second."""
    other = make("Intermediate", root(), authority=True, own=key("another"))
    ends = [leaf(crl=URL), leaf(crl=URL, issuer=other)]

    async def fetch(_url: str) -> bytes | None:
        return crl(intermediate())

    async def run() -> list[str]:
        lists = Lists(fetch, NOW)
        pairs = [(ends[0], intermediate()), (ends[1], other)]
        return [
            (await lists.check([certificate.read(end.der)], lambda _one, top=top: certificate.read(top.der))).status
            for end, top in pairs
        ]

    assert asyncio.run(run()) == ["good", "unknown"]


def test_an_authority_can_be_revoked_by_the_root_that_nobody_sent() -> None:
    authority_url = "http://crl.example/root.crl"
    authority = make("Intermediate", root(), authority=True, crl=authority_url)
    serial = authority.certificate.serial_number
    chain = [leaf(issuer=authority, crl=URL), authority]
    found, asked = check(chain, {URL: crl(authority), authority_url: crl(root(), [serial])})
    assert (found.status, found.subject) == ("revoked", "CN=Intermediate")
    assert asked == {URL: 1, authority_url: 1}


def test_without_a_url_there_is_nothing_to_ask() -> None:
    found, asked = check([leaf(), intermediate()], {})
    assert found.status == "not_named"
    assert asked == {}


def test_without_the_issuer_a_list_cannot_be_checked() -> None:
    async def fetch(_url: str) -> bytes | None:
        return crl(intermediate())

    def nobody(_one: Certificate) -> Certificate | None:
        return None

    found = asyncio.run(Lists(fetch, NOW).check([certificate.read(leaf(crl=URL).der)], nobody))
    assert (found.status, found.detail) == ("unknown", "the certificate of the issuer is not at hand")


def test_what_an_authority_hands_out_may_be_der_or_pem_and_nothing_else() -> None:
    assert certificate_in(intermediate().der) == intermediate().der
    assert certificate_in(intermediate().pem) == intermediate().der
    assert certificate_in(b"PKCS #7 or a page") is None
    assert parse(b"") is None


def test_a_root_that_was_sent_is_in_no_list() -> None:
    top = make("Root", authority=True, crl="http://crl.example/root.crl")
    found, asked = check([leaf(crl=URL), intermediate(), top], {URL: crl(intermediate())})
    assert found.status == "good"
    assert asked == {URL: 1}

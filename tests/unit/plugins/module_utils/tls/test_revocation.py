# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What revocation lists say of a chain, and which lists do not count."""

from __future__ import annotations

import asyncio
import collections

import pytest
from cryptography import x509

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


def test_a_certificate_that_is_in_no_list_is_good() -> None:
    assert status(crl(intermediate(), [1, 2, 3])) == RevocationStatus("good", "CN=leaf")


def test_one_that_is_listed_is_revoked() -> None:
    bad = leaf(crl=URL)
    found = status(crl(intermediate(), [1, bad.certificate.serial_number]), bad)
    assert found == RevocationStatus("revoked", "CN=leaf", f"revoked on {NOW:%Y-%m-%d}")


def test_a_list_may_come_as_pem() -> None:
    loaded = x509.load_der_x509_crl(crl(intermediate()))
    from cryptography.hazmat.primitives.serialization import Encoding

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
    ],
)
def test_a_list_that_does_not_count_leaves_it_open(body: bytes | None, said: str) -> None:
    found = status(body)
    assert found.status == "unknown"
    assert found.subject == "CN=leaf"
    assert found.detail.startswith(said)


def test_a_list_for_servers_counts_for_servers() -> None:
    assert status(crl(intermediate(), more=[point(only_contains_user_certs=True)])).status == "good"


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

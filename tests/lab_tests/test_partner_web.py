# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partners' policy hosts and the files of the authorities, seen by the standard library's HTTP client."""

from __future__ import annotations

import http.client
import socket
import ssl
import typing as t
import urllib.parse
import warnings

import pytest
from cryptography import x509

from ansible_collections.mailflow.exchange_online.tests.lab.partners import CASES, PartnerWorld, Request
from ansible_collections.mailflow.exchange_online.tests.lab.partners.cases import TABLE
from ansible_collections.mailflow.exchange_online.tests.lab_tests.partner_client import look

_PATH = "/.well-known/mta-sts.txt"


@pytest.fixture(scope="module")
def world() -> t.Iterator[PartnerWorld]:
    with PartnerWorld() as running:
        yield running


def get(world: PartnerWorld, case_id: str, path: str = _PATH, timeout: float = 20) -> tuple[int, str, str]:
    """Status, body and Location of a policy, over TLS that verifies."""
    case = CASES[case_id]
    assert case.policy is not None
    tls = ssl.create_default_context(cafile=world.ca_path)
    where = (TABLE.policy_address(case), world.policy_port)
    host = f"mta-sts.{case.fill(case.policy.of)}"
    with (
        socket.create_connection(where, timeout=timeout) as plain,
        tls.wrap_socket(plain, server_hostname=host) as sock,
    ):
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{world.policy_port}\r\n\r\n".encode())
        response = http.client.HTTPResponse(sock)
        response.begin()
        return response.status, response.read().decode(), response.getheader("Location") or ""


def test_policies(world: PartnerWorld) -> None:
    world.journal.clear()
    status, body, _location = get(world, "w_sts_ok")
    assert (status, body) == (200, "version: STSv1\r\nmode: enforce\r\nmx: *.w-sts-ok.test\r\nmax_age: 604800\r\n")
    assert world.journal.requests == [Request("mta-sts.w-sts-ok.test", _PATH, True)]
    assert "mode: testing\r\n" in get(world, "w_sts_testing")[1]
    assert "mx: mail.other.example\r\n" in get(world, "ee_smarthost_sts")[1]
    assert get(world, "w_sts_ok", "/other")[0] == 404


def test_policies_that_cannot_be_had(world: PartnerWorld) -> None:
    assert get(world, "w_sts_404")[0] == 404
    assert get(world, "w_sts_redirect") == (301, "", "https://mta-sts.w-sts-redirect.test/policy.txt")
    with pytest.raises(ConnectionRefusedError):
        get(world, "w_sts_refused")
    with pytest.raises(TimeoutError):
        get(world, "w_sts_hang", timeout=0.3)
    for case_id, code in (("w_sts_badcert", 20), ("w_sts_badname", 62)):
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            get(world, case_id)
        assert caught.value.verify_code == code


# -- authorities -----------------------------------------------------------------------------------------------------


def fetch(world: PartnerWorld, url: str) -> tuple[int, bytes]:
    """Status and body of a file, from where DNS says that its host is."""
    parts = urllib.parse.urlsplit(url)
    assert parts.hostname == "files.partners.test"
    connection = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=20)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def crl_url(certificate: x509.Certificate) -> str:
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    return str(next(iter(points)).full_name[0].value)


def issuer_url(certificate: x509.Certificate) -> str:
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    return str(next(iter(access)).access_location.value)


@pytest.mark.parametrize(("case_id", "revoked"), [("a_good", False), ("bb_revoked", True), ("a_ecdsa", False)])
def test_revocation_lists(world: PartnerWorld, case_id: str, revoked: bool) -> None:
    chain = look(world, case_id).chain
    status, body = fetch(world, crl_url(chain[0]))
    assert status == 200
    crl = x509.load_der_x509_crl(body)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert crl.is_signature_valid(chain[1].public_key())  # type: ignore[arg-type]
    assert (crl.get_revoked_certificate_by_serial_number(chain[0].serial_number) is not None) == revoked
    assert crl.next_update_utc is not None
    assert crl.next_update_utc > chain[0].not_valid_before_utc
    assert fetch(world, crl_url(chain[1]))[0] == 200


def test_lists_that_are_of_no_use(world: PartnerWorld) -> None:
    leaf = look(world, "bb_crl_stale").chain[0]
    crl = x509.load_der_x509_crl(fetch(world, crl_url(leaf))[1])
    good = x509.load_der_x509_crl(fetch(world, crl_url(look(world, "a_good").chain[0]))[1])
    assert crl.next_update_utc is not None
    assert crl.next_update_utc < good.last_update_utc
    assert urllib.parse.urlsplit(crl_url(look(world, "bb_crl_missing").chain[0])).hostname == "dead.partners.test"
    with pytest.raises(x509.ExtensionNotFound):
        crl_url(look(world, "bb_crl_none").chain[0])
    assert fetch(world, issuer_url(leaf).replace(".cer", ".txt"))[0] == 404
    assert (
        fetch(world, "http://files.partners.test:" + str(urllib.parse.urlsplit(crl_url(leaf)).port) + "/x.crl")[0]
        == 404
    )


@pytest.mark.parametrize("case_id", ["l_no_intermediate", "e_unknown_ca_linked"])
def test_issuers_that_are_left_out_can_be_had(world: PartnerWorld, case_id: str) -> None:
    (leaf,) = look(world, case_id).chain
    issuer = x509.load_der_x509_certificate(fetch(world, issuer_url(leaf))[1])
    leaf.verify_directly_issued_by(issuer)
    root = x509.load_der_x509_certificate(fetch(world, issuer_url(issuer))[1])
    issuer.verify_directly_issued_by(root)


def test_a_private_authority_says_nothing_of_itself(world: PartnerWorld) -> None:
    leaf = look(world, "e_unknown_ca_bare").chain[0]
    with pytest.raises(x509.ExtensionNotFound):
        issuer_url(leaf)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchange's texts for mail that waits, and the account of what they rest on."""

from __future__ import annotations

import functools
import pathlib
import re
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.evidence import BASES
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.shapes import Attempt, TlsSettings
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.transport_evidence import EVIDENCE, cite
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab_tests.partner_client import address
from ansible_collections.mailflow.exchange_online.tests.lab_tests.transport_client import LEVELS, Office

MAILFLOW = pathlib.Path(__file__).resolve().parents[1] / "lab" / "mailflow"
FRONT_END = "LAB00FT001.eop-lab00.prod.protection.outlook.com"
STAMP = "[<stamp>]"
CANNOT = "450 4.4.317 Cannot connect to remote server"
SHA1 = "<sha1>"

#: Partner, level, text, evidence. ``{last}`` stands for the two fields that name the server.
TEXTS: tuple[tuple[str, TlsSettings | None, str, str], ...] = (
    (
        "f_no_starttls",
        "EncryptionOnly",
        f"{CANNOT} [Message=451 5.7.3 STARTTLS is required to send mail] {{last}} [{FRONT_END}]",
        "transport.starttls-required",
    ),
    (
        "h_454",
        "CertificateValidation",
        f"{CANNOT} [Message=451 5.7.3 STARTTLS is required to send mail] {{last}} [{FRONT_END}]",
        "transport.starttls-required",
    ),
    (
        "b_wrong_name",
        "DomainValidation",
        (
            f"{CANNOT} [Message=SubjectMismatch Expected Subject: mx.b-wrong-name.test. Presented Subject: "
            f"CN=other.example. Thumbprint:{SHA1}.] {{last}} [SmtpSecurity=-1;-1] [{FRONT_END}]"
        ),
        "transport.subject-mismatch",
    ),
    (
        "c_expired",
        "CertificateValidation",
        (
            f"{CANNOT} [Message=CertificateExpired Expected Subject: mx.c-expired.test. Presented Subject: "
            f"CN=mx.c-expired.test. Thumbprint: {SHA1}.] {{last}} [SmtpSecurity=-1;-1] {STAMP}"
        ),
        "transport.certificate-expired",
    ),
    (
        "l_no_intermediate",
        "DomainValidation",
        f"{CANNOT} [Message=UntrustedRoot] {{last}} [SmtpSecurity=-1;-1] {STAMP}",
        "transport.untrusted-root",
    ),
    (
        "bb_revoked",
        "CertificateValidation",
        f"450 4.7.320 Certificate validation failed {{last}} [SmtpSecurity=-1;-1] {STAMP}",
        "transport.certificate-invalid",
    ),
    (
        "g_alert",
        "EncryptionOnly",
        f"{CANNOT} [Message=Security status InvalidToken] {{last}} [SmtpSecurity=-2;-2] {STAMP}",
        "transport.handshake-failed",
    ),
    (
        "g_close",
        "EncryptionOnly",
        (
            f"{CANNOT} [Message=451 4.4.0 TLS negotiation failed with error SocketError] {{last}} "
            f"[SmtpSecurity=-2;-2] {STAMP}"
        ),
        "transport.handshake-closed",
    ),
    ("y_4xx", None, f"{CANNOT} [Message=421 4.3.2 Service not available, try again later] {{last}} {STAMP}", ""),
    ("p_binary", None, f"{CANNOT} [Message=??????????] {{last}} {STAMP}", "transport.nonsense"),
    ("p_hang", None, f"450 4.4.315 Connection timed out {{last}} [SmtpSecurity=-2;-2] {STAMP}", "transport.timed-out"),
    ("p_drip", None, f"450 4.4.315 Connection timed out {{last}} [SmtpSecurity=-2;-2] {STAMP}", "transport.timed-out"),
    (
        "g_hang",
        "EncryptionOnly",
        f"450 4.4.315 Connection timed out {{last}} [SmtpSecurity=-2;-2] {STAMP}",
        "transport.timed-out",
    ),
    ("p_flood", None, f"{CANNOT} [Message=220-and so on] {{last}} {STAMP}", "transport.nonsense"),
    ("p_flood_bytes", None, f"{CANNOT} [Message=220 {'x' * 56}] {{last}} {STAMP}", "transport.nonsense"),
    (
        "y_refused",
        None,
        f"450 4.4.316 Connection refused [Message=Socket error code 10061] {{last}} [SmtpSecurity=-2;-2] {STAMP}",
        "transport.refused",
    ),
    ("y_close", None, f"450 4.4.318 Connection was closed abruptly {{last}} [SmtpSecurity=-2;-2] {STAMP}", ""),
    (
        "s_servfail",
        None,
        f"450 4.4.312 DNS query failed [Message=ErrorRetry] [LastAttemptedServerName=s-servfail.test] [{FRONT_END}]",
        "transport.dns-failed",
    ),
    (
        "t_nothing",
        None,
        f"450 4.4.312 DNS query failed [LastAttemptedServerName=t-nothing.test] {STAMP}",
        "transport.no-address",
    ),
    (
        "s_nxdomain",
        None,
        (
            "550 5.4.310 DNS domain s-nxdomain.test does not exist [Message=InfoDomainNonexistent] "
            f"[LastAttemptedServerName=s-nxdomain.test] {STAMP}"
        ),
        "transport.no-domain",
    ),
    ("s_null_mx", None, "550 5.1.10 Recipient address has null MX", "transport.null-mx"),
    (
        "v_dane_no_tls",
        None,
        (
            f"450 4.7.321 starttls-not-supported: Destination mail server must support TLS to receive mail. "
            f"{{last}} {STAMP}"
        ),
        "transport.dane-starttls",
    ),
    (
        "v_dane_bad",
        None,
        f"450 4.7.323 tlsa-invalid: The domain failed DANE validation. {{last}} {STAMP}",
        "transport.dane-invalid",
    ),
    (
        "v_dane_missing",
        None,
        f"450 4.7.323 tlsa-invalid: The domain failed DANE validation. {{last}} {STAMP}",
        "transport.dane-missing",
    ),
    (
        "v_dane_bogus",
        None,
        f"450 4.7.324 dnssec-invalid: Destination domain returned invalid DNSSEC records {{last}} {STAMP}",
        "transport.dnssec-invalid",
    ),
    (
        "v_dane_ta_name",
        None,
        (
            "450 4.7.325 certificate-host-mismatch: Remote certificate MUST have a common name or subject alternative "
            f"name matching the hostname (DANE) {{last}} {STAMP}"
        ),
        "transport.dane-name",
    ),
    (
        "w_sts_mismatch",
        None,
        f"450 4.4.8 MX hosts of w-sts-mismatch.test failed MTA-STS validation {{last}} {STAMP}",
        "transport.sts-host",
    ),
    (
        "w_sts_other_name",
        None,
        f"450 4.7.5 Remote certificate failed MTA-STS validation. Reason: SubjectMismatch {{last}} {STAMP}",
        "transport.sts-certificate",
    ),
    (
        "w_sts_selfsigned",
        "EncryptionOnly",
        f"450 4.7.5 Remote certificate failed MTA-STS validation. Reason: UntrustedRoot {{last}} {STAMP}",
        "transport.sts-certificate",
    ),
)


@pytest.fixture(scope="module")
def office() -> t.Iterator[Office]:
    with PartnerWorld({row[0] for row in TEXTS}, hang_seconds=60) as world:
        yield Office(world)


@pytest.fixture(scope="module")
def attempt_at(office: Office) -> t.Callable[[str, TlsSettings | None], Attempt]:
    """Send to a partner, once."""
    return functools.cache(office.send)


@pytest.mark.parametrize(("case_id", "level", "text", "evidence"), TEXTS)
def test_texts(case_id: str, level: TlsSettings | None, text: str, evidence: str, attempt_at: t.Any) -> None:
    attempt = attempt_at(case_id, level)
    said = re.sub(r"\b[0-9A-F]{40}\b", SHA1, attempt.text)
    time = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    said = re.sub(rf"\[{re.escape(FRONT_END)} {time} [0-9A-F]{{16}}\]", STAMP, said)
    last = f"[LastAttemptedServerName=mx.{case_id.replace('_', '-')}.test] [LastAttemptedIP={attempt.address}:25]"
    assert said == text.replace("{last}", last)
    assert not attempt.address or attempt.address == address(case_id)
    assert evidence in ("", attempt.evidence)
    assert len(attempt.conversation) < 200


# -- the account -----------------------------------------------------------------------------------------------------


def sources() -> str:
    return "\n".join(path.read_text() for path in sorted(MAILFLOW.glob("*.py")))


def test_each_row_is_cited_and_each_citation_is_a_row() -> None:
    cited = set(re.findall(r'cite\("(transport\.[a-z0-9-]+)"', sources()))
    rows = [row.id for row in EVIDENCE]
    assert len(rows) == len(set(rows))
    assert cited == set(rows)
    for row in EVIDENCE:
        assert re.fullmatch(r"[a-z]+\.[A-Za-z0-9-]+", row.id)
        assert row.basis in BASES
        assert row.answer, row
        assert row.source, row
    with pytest.raises(KeyError):
        cite("transport.nothing")


def test_the_table_of_texts_has_every_end_that_partners_can_bring_about(attempt_at: t.Any) -> None:
    elsewhere = {
        "transport.delivered",
        *("transport.rejected", "transport.tempfailed", "transport.bad-address", "transport.sts-starttls"),
        *("transport.certificate-documented", "transport.revocation-unknown", "transport.dnssec-dns"),
        "transport.dane-expired",
    }
    seen = {attempt_at(case_id, level).evidence for case_id, level, _text, _evidence in TEXTS}
    assert seen == {row.id for row in EVIDENCE} - elsewhere
    assert set(LEVELS) == {row[1] for row in TEXTS}

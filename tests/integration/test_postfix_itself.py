# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Postfix of our own: that it takes and sends mail as it is told, and that its word can be relied on.

``test_postfix_outbound`` and ``test_postfix_inbound`` put it beside the lab.
"""

from __future__ import annotations

import pathlib
import smtplib
import ssl
import tempfile
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.judges.postfix import Postfix, Settings, unavailable
from ansible_collections.mailflow.exchange_online.tests.lab.partners.pki import Pki
from ansible_collections.mailflow.exchange_online.tests.lab.partners.shapes import Leaf

CONTENT = b"From: a@tenant.test\r\nSubject: dots\r\n\r\n.\r\n..\r\nThe end.\r\n"
TENANT = "tenant.test"

#: Where it cannot be run, pytest sees no tests here: see test_postfix.py.
__test__ = not unavailable()


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(scope="module")
def partner(pki: Pki) -> t.Iterator[Postfix]:
    """Takes mail for partner.test, in clear or inside TLS."""
    with Postfix(Settings("127.40.0.1", tls="may", pem=_pem(pki, Leaf()))) as postfix:
        yield postfix


def test_it_tells_what_came_in_clear_from_what_came_inside_tls(pki: Pki) -> None:
    with Postfix(Settings("127.40.0.2", tls="may", pem=_pem(pki, Leaf()))) as postfix:
        for context in (None, _trusting(pki)):
            with smtplib.SMTP(postfix.settings.address, postfix.port, timeout=10) as client:
                if context is not None:
                    client.starttls(context=context)
                client.sendmail("a@tenant.test", ["b@partner.test"], CONTENT)
            postfix.letters(1)
        clear, inside = postfix.letters(2)
        first, second = postfix.sessions(2)
    assert (clear.mail_from, clear.recipient, clear.content) == ("a@tenant.test", "b@partner.test", CONTENT)
    assert (clear.encrypted, clear.protocol, "with ESMTP id" in clear.received) == (False, "", True)
    assert inside.content == CONTENT
    assert (inside.encrypted, inside.protocol, "with ESMTPS id" in inside.received) == (True, "TLSv1.3", True)
    assert (first.accepted("starttls"), first.accepted("mail")) == (0, 1)
    assert (second.accepted("starttls"), second.accepted("mail")) == (1, 1)


def test_it_offers_only_the_protocols_that_it_is_told(pki: Pki) -> None:
    settings = Settings("127.40.0.3", tls="may", pem=_pem(pki, Leaf()), protocols=">=TLSv1.3")
    old = _trusting(pki)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with Postfix(settings) as postfix:
        with smtplib.SMTP(settings.address, postfix.port, timeout=10) as client, pytest.raises(ssl.SSLError):
            client.starttls(context=old)
        (session,) = postfix.sessions(1)
        assert postfix.letters() == []
    assert session.given("mail") == 0


@pytest.mark.parametrize(
    ("level", "names", "word", "protocol"),
    [
        ("none", (), "", ""),
        ("may", (), "Untrusted", "TLSv1.3"),
        ("encrypt", (), "Untrusted", "TLSv1.3"),
        ("secure", ("mx.partner.test",), "Verified", "TLSv1.3"),
    ],
)
def test_it_sends_as_it_is_told(
    pki: Pki, partner: Postfix, level: t.Any, names: tuple[str, ...], word: str, protocol: str
) -> None:
    before = len(partner.letters())
    trusted = pki.root_pem() if level == "secure" else b""
    source = "127.40.1.1"
    with _tenant(partner, relay_tls=level, relay_names=names, ca_pem=trusted, source=source) as sender:
        outcome = sender.outcome(sender.submit(f"a@{TENANT}", "b@partner.test", CONTENT))
    letter = partner.letters(before + 1)[-1]
    assert (outcome.status, outcome.dsn, outcome.tls, outcome.protocol) == ("sent", "2.0.0", word, protocol)
    assert outcome.text.startswith("250 2.0.0 Ok: queued as ")
    assert letter.protocol == protocol
    assert letter.content.endswith(CONTENT)
    assert f"[{source}]" in letter.received


def test_it_shows_the_certificate_that_it_is_given(pki: Pki) -> None:
    own = _pem(pki, Leaf(purpose="client", names=("mail.tenant.test",), common_name="mail.tenant.test"))
    asking = Settings("127.40.0.4", tls="may", pem=_pem(pki, Leaf()), ca_pem=pki.root_pem(), asks_certificate=True)
    with Postfix(asking) as postfix:
        for pem in (b"", own):
            with _tenant(postfix, relay_tls="encrypt", client_pem=pem) as sender:
                assert sender.outcome(sender.submit(f"a@{TENANT}", "b@partner.test", CONTENT)).status == "sent"
            postfix.letters(1)
        without, shown = (letter.received for letter in postfix.letters(2))
    assert "(No client certificate requested)" not in without
    assert 'Client CN "mail.tenant.test"' not in without
    assert 'Client CN "mail.tenant.test", Issuer "Lab Public Issuing RSA" (verified OK)' in shown


@pytest.mark.parametrize(
    ("level", "names", "offered", "text"),
    [
        ("encrypt", (), "none", "TLS is required, but was not offered by host"),
        ("secure", ("mx.other.test",), "may", "Server certificate not verified"),
        ("secure", (), "may", "Server certificate not verified"),
    ],
)
def test_it_holds_back_what_it_must_not_send(
    pki: Pki, level: t.Any, names: tuple[str, ...], offered: t.Any, text: str
) -> None:
    with Postfix(Settings("127.40.0.5", tls=offered, pem=_pem(pki, Leaf()))) as partner:
        with _tenant(partner, relay_tls=level, relay_names=names, ca_pem=pki.root_pem()) as sender:
            outcome = sender.outcome(sender.submit(f"a@{TENANT}", "b@partner.test", CONTENT))
        (session,) = partner.sessions(1)
        assert partner.letters() == []
    assert (outcome.status, text in outcome.text) == ("deferred", True), outcome
    assert session.given("mail") == 0


def test_it_tries_again_when_it_is_told() -> None:
    busy = Settings("127.40.0.8", more={"smtpd_recipient_restrictions": "defer"})
    with Postfix(busy) as partner, _tenant(partner, relay_tls="none") as sender:
        port = partner.port
        queue_id = sender.submit(f"a@{TENANT}", "b@partner.test", CONTENT)
        assert sender.outcome(queue_id).text.endswith("Try again later (in reply to RCPT TO command)")
        partner.stop()
        assert "Connection refused" in sender.retry(queue_id).text
        with Postfix(Settings("127.40.0.8", port=port)) as mended:
            assert sender.retry(queue_id).status == "sent"
            assert mended.letters(1)[0].content.endswith(CONTENT)


def test_it_returns_what_is_refused(partner: Postfix) -> None:
    with _tenant(partner) as sender:
        outcome = sender.outcome(sender.submit(f"a@{TENANT}", "b@nobody.test", CONTENT))
        (report,) = sender.letters(1)
    assert (outcome.status, outcome.dsn) == ("bounced", "5.7.1")
    assert "said: 554 5.7.1 <b@nobody.test>: Relay access denied (in reply to RCPT TO command)" in outcome.text
    assert (report.mail_from, report.recipient) == ("", f"a@{TENANT}")
    assert b"Subject: Undelivered Mail Returned to Sender" in report.content


def test_nothing_of_it_is_left() -> None:
    postfix = Postfix(Settings("127.40.0.6"))
    for _turn in range(2):
        postfix.start()
        root, log = postfix.place.root, postfix.log()
        assert "daemon started" in log
        assert str(root) in _command_lines()
        postfix.stop()
        postfix.stop()
        assert not root.exists()
        assert str(root) not in _command_lines()


def test_what_it_cannot_do_is_an_error_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(OSError, match="assign requested address"), Postfix(Settings("203.0.113.77")):
        pass
    with pytest.raises(RuntimeError, match="did not start"), Postfix(Settings("127.40.0.7", name="-")):
        pass
    assert list(tmp_path.iterdir()) == []
    assert str(tmp_path) not in _command_lines()


def _pem(pki: Pki, leaf: Leaf) -> bytes:
    return pki.issue(leaf, "mx.partner.test", "partner.test").pem()


def _trusting(pki: Pki) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=pki.root_pem().decode())
    context.check_hostname = False  # smtplib asks for the address
    return context


def _tenant(partner: Postfix, **told: t.Any) -> Postfix:
    """A second server, which sends its mail to the partner's."""
    relay = (partner.settings.address, partner.port)
    return Postfix(Settings("127.40.1.1", name="mx.tenant.test", domains=(TENANT,), relay=relay, **told))


def _command_lines() -> str:
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_text(encoding="utf-8", errors="replace"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return "\n".join(found)

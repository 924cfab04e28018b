# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook gather against the lab: a tenant made by hand becomes a list that changes nothing when it is run."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.mailflow.exchange_online.tests.integration.scenarios import LEFT_BEHIND
from ansible_collections.mailflow.exchange_online.tests.integration.test_role_rollback import Books, books, said

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run
    from ansible_collections.mailflow.exchange_online.tests.lab.pytest_plugin import MakeLab

__all__ = ["books"]

Record = dict[str, t.Any]


def outbound(name: str, *domains: str, **members: t.Any) -> Record:
    """As the wizard of the admin center makes it."""
    wizard = {"TlsSettings": "CertificateValidation", "ConnectorSource": "AdminUI", "UseMXRecord": True}
    return {"Name": name, "RecipientDomains": list(domains), **wizard, **members}


def inbound(name: str, *domains: str, **members: t.Any) -> Record:
    """As the wizard of the admin center makes it."""
    return {"Name": name, "SenderDomains": list(domains), "RequireTls": True, "ConnectorSource": "AdminUI", **members}


PAIRS: tuple[tuple[Record, Record], ...] = (
    (
        outbound("Litware TLS", "litware.com", "*.litware.com", Comment="agreed with Bob\nin 2019"),
        inbound("Litware TLS", "litware.com", "*.litware.com"),
    ),
    (
        outbound(
            "to proseware",
            "proseware.com",
            TlsSettings="DomainValidation",
            TlsDomain="*.proseware.com",
            ValidationRecipients=["postmaster@proseware.com"],
        ),
        inbound(
            "from proseware",
            "proseware.com",
            RestrictDomainsToCertificate=True,
            TlsSenderCertificateName="*.proseware.com",
        ),
    ),
    (
        outbound("tailspin", "tailspin.com", UseMXRecord=False, SmartHosts=["mx.tailspin.com", "192.0.2.25"]),
        inbound(
            "tailspin",
            "tailspin.com",
            RestrictDomainsToIPAddresses=True,
            SenderIPAddresses=["192.0.2.0/24", "198.51.100.7"],
        ),
    ),
    (
        outbound("planned for wingtip", "wingtip.com", TlsSettings="EncryptionOnly", Enabled=False),
        inbound("planned for wingtip", "wingtip.com", Enabled=False),
    ),
)


def zoo() -> dict[str, t.Any]:
    """Hand-made pairs, and among them what no list can say."""
    (odd,) = LEFT_BEHIND["tenants"]
    return {
        "tenants": [
            {
                "outbound": [*(out for out, _inn in PAIRS), *odd["outbound"]],
                "inbound": [*(inn for _out, inn in PAIRS), *odd["inbound"]],
            }
        ]
    }


@pytest.fixture
def lab(make_lab: MakeLab) -> t.Any:
    """A tenant that was made by hand."""
    return make_lab(zoo())


def test_a_tenant_made_by_hand_becomes_a_list_that_changes_nothing(run: Run, books: Books) -> None:
    list_file = books.directory / "gathered.yml"
    check = books("gather", "--check")
    assert not list_file.exists()
    assert "Partners 4, connectors that are not in the list 10." in said(check)

    play = books("gather")
    assert run.lab.journal.writes() == []
    assert play.recap()["changed"] == 0
    assert list_file.stat().st_mode & 0o777 == 0o600
    text = list_file.read_text(encoding="utf-8")
    partners = yaml.safe_load(text)
    assert [(partner["name"], partner["state"]) for partner in partners] == [
        ("litware.com", "enforced"),
        ("proseware.com", "enforced"),
        ("tailspin.com", "enforced"),
        ("wingtip.com", "prepared"),
    ]
    for name in ("hybrid", "stale name", "stale host", "in the wizard", "both", "same domain 1", "priority"):
        assert f"connector '{name}': " in said(play)
        assert f"connector '{name}': " in text

    before = books.state()
    for arguments in (["--check", "--diff"], []):
        books("provision", *arguments, partners_file=str(list_file), prune=True, allow_weaken="all")
        assert run.lab.journal.writes() == []
    assert books.state() == before
    assert books.runs() == []


def test_it_changes_nothing_together_with_the_defaults_it_was_gathered_with(run: Run, books: Books) -> None:
    defaults = {"outbound": {"smtp_dane_mode": "mandatory"}, "inbound": {"certificate_name": "mx.hub.example"}}
    books("gather", defaults=defaults)
    books("provision", partners_file=str(books.directory / "gathered.yml"), defaults=defaults)
    assert run.lab.journal.writes() == []


def test_what_the_role_has_made_is_gathered_as_it_was_listed(run: Run, books: Books) -> None:
    partners = [
        {
            "name": "Woodgrove Bank",
            "domains": ["woodgrovebank.com"],
            "contact": "mail@woodgrovebank.com",
            "reference": "CHG0042",
        },
        {
            "name": "Northwind",
            "domains": ["northwind.com"],
            "state": "suspended",
            "reason": "Ticket 7",
            "until": "2999-12-24T00:00:00Z",
        },
    ]
    books("provision", partners=partners)
    target = books.directory.parent / "mine" / "partners.yml"
    target.parent.mkdir(mode=0o755)
    books("gather", gather_file=str(target))
    assert target.parent.stat().st_mode & 0o777 == 0o755
    gathered = yaml.safe_load(target.read_text(encoding="utf-8"))
    found = {entry["name"]: entry for entry in gathered}
    for partner in partners:
        entry = found[str(partner["name"])]
        assert {key: entry[key] for key in partner} == partner
        assert "adopt" not in entry["outbound"]
    assert len(gathered) == len(PAIRS) + 2
    books("provision", partners_file=str(target))
    assert run.lab.journal.writes() == []


def test_what_somebody_has_written_into_the_file_is_kept(run: Run, books: Books) -> None:
    target = books.directory.parent / "mine.yml"
    assert "held before" not in said(books("gather", gather_file=str(target)))
    target.write_text("- name: by hand\n  domains: [fabrikam.com]\n", encoding="utf-8")
    told = said(books("gather", gather_file=str(target)))
    assert yaml.safe_load(target.read_text(encoding="utf-8"))[0]["name"] != "by hand"
    (kept,) = target.parent.glob("mine.yml?*")
    assert f"The list is in {target}." in told
    assert f"What that file held before is in {kept}." in told
    assert "name: by hand" in kept.read_text(encoding="utf-8")
    # A file that is ours alone needs none.
    books("gather")
    books("gather")
    assert [path.name for path in books.directory.glob("gathered*")] == ["gathered.yml"]


def test_changed_in_the_list_it_is_changed_in_place_and_keeps_its_comment(run: Run, books: Books) -> None:
    books("gather")
    list_file = books.directory / "gathered.yml"
    partners = yaml.safe_load(list_file.read_text(encoding="utf-8"))
    before = books.state()
    (litware,) = (partner for partner in partners if partner["name"] == "litware.com")
    litware["inbound"]["certificate_name"] = "mx.litware.com"
    books("provision", partners=partners)
    after = books.state()
    assert {key for key in after if after[key] != before[key]} == {"inbound Litware TLS"}
    assert len(run.lab.journal.writes()) == 1
    assert after["outbound Litware TLS"]["Comment"] == "agreed with Bob\nin 2019"
    books("rollback", rollback_run="last")
    assert books.state() == before

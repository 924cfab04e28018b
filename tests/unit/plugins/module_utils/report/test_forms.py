# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON, CSV and letters."""

from __future__ import annotations

import csv
import io
import json
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.compose import make_report
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.letters import FIRST_LINE
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.tables import COLUMNS
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.report import sample


def files(*stories: sample.Story) -> dict[str, str]:
    given = sample.assembled(stories) if stories else sample.sample()
    return t.cast("dict[str, str]", make_report(given)["files"])


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def letter(name: str, domain: str = "contoso.com", **over: t.Any) -> str:
    looks = over.pop("looks", [])
    standing = over.pop("standing", True)
    made = files(sample.Story(sample.entry(name, [domain], **over), looks, standing))
    found = [text for place, text in made.items() if place.startswith("letters/")]
    assert len(found) == 1
    return found[0]


def flat(text: str) -> str:
    return " ".join(text.split())


def test_json_holds_what_the_page_tells() -> None:
    report = json.loads(files()["report.json"])
    assert report["format"] == 1
    assert set(report) == {"format", "run", "summary", "capacity", "inputs", "outside", "partners"}
    assert set(report["inputs"]) == {"plan", "inventory", "probes", "results", "validations"}
    by_name = {one["name"]: one for one in report["partners"]}
    assert len(by_name) == 16
    assert by_name["Tailspin Toys"]["decisions"][0]["matter"] == "alert"
    assert by_name["Contoso"]["servers"][0]["hosts"][0]["chain"][0]["days_left"] == 22
    assert by_name["Contoso"]["letter"]["file"] == "letters/contoso.txt"
    assert by_name["Trey Research"]["letter"] is None
    assert by_name["Litware"]["connectors"][0]["settings"]["enabled"] is False


def test_json_is_ascii_with_a_line_for_each_partner() -> None:
    text = files()["report.json"]
    assert text.isascii()
    assert sum(1 for line in text.splitlines() if line.startswith('{"name"')) == 16


def test_csv_has_a_row_for_each_partner() -> None:
    found = rows(files()["report.csv"])
    assert tuple(found[0]) == COLUMNS
    assert [row["name"] for row in found] == [each().partner["name"] for each in sample.STORIES]
    northwind = next(row for row in found if row["name"] == "Northwind Traders")
    assert northwind["held"] == "enforce_from"
    assert (northwind["next_date"], northwind["next_event"]) == ("2026-12-01T08:00:00Z", "start")
    assert found[0]["certificate_expires"] == "2026-12-18T01:30:00Z"
    assert files()["report.csv"].count("\r\n") == 17


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "\t=1", "\x00=1", " =1", "\u200b=1"])
def test_no_cell_is_a_formula(name: str) -> None:
    story = sample.Story(sample.entry(name, ["contoso.com"], contact="=1", reference="\t@x"), [])
    row = rows(files(story)["report.csv"])[0]
    assert row["name"].startswith("'")
    assert (row["contact"], row["reference"]) == ("'=1", "'@x")


def test_letters_are_plain_and_narrow() -> None:
    made = files()
    letters = {place: text for place, text in made.items() if place.startswith("letters/")}
    assert len(letters) == 15
    assert "letters/trey-research.txt" not in letters
    for text in letters.values():
        assert text.startswith(f"{FIRST_LINE}\n\nTo: ")
        assert max(len(line) for line in text.splitlines()) <= 76
        assert text.endswith("Kind regards\n[name]\n")


def test_a_letter_carries_no_hidden_characters() -> None:
    look = sample.look("contoso.com", "encryption_only", [sample.server("mx1\x1b[31m.contoso.com", "192.0.2.1")])
    look["findings"] = [sample.finding("x", "y", "\x1b[2Jmessage\u202e", "advice\x07\r\nBcc: all@example.com")]
    text = letter("Con\u202etoso\r\nBcc: x", contact="a@b.com\r\nBcc: c@d.com", looks=[look])
    assert [each for each in text if not each.isprintable() and each != "\n"] == []
    assert [line for line in text.splitlines() if line.startswith("Bcc")] == []


def test_a_letter_to_who_is_in_force_and_fine_is_short() -> None:
    fine = sample.look("contoso.com", "encryption_only", [sample.server("mx1.contoso.com", "192.0.2.1")])
    text = letter("Contoso", looks=[fine])
    assert "This is in force, in both directions." in flat(text)
    assert "nothing has to be done" in text
    assert "O365ConnectorValidation" not in text
    unseen = letter("Contoso")
    assert "nothing has to be done" not in unseen


def test_a_letter_never_says_in_force_when_it_is_not() -> None:
    text = letter("Contoso", standing=False)
    assert "in force" not in text
    assert "from [day] on" in flat(text)


def test_a_letter_never_says_not_in_force_when_it_is() -> None:
    held = sample.held("Contoso", "probe", "mx1.contoso.com does not carry that name.")
    text = flat(letter("Contoso", held=held, stands="untouched"))
    assert "Subject: TLS is required for mail with contoso.com" in text
    assert (
        "Mail between your organisation and ours travels over TLS or not at all, in both directions. We want to ask for"
        " what is written below, and have not switched that on, because of what we saw of your servers."
    ) in text
    new = flat(letter("Contoso", held=held, stands="disabled", standing=False))
    assert "Subject: TLS will be required for mail with contoso.com" in new
    assert "We have not switched it on, because of what we saw of your servers." in new


@pytest.mark.parametrize("state", ["prepared", "suspended", "absent"])
def test_there_is_no_letter_while_the_list_takes_tls_off_and_it_is_in_force(state: str) -> None:
    made = files(sample.Story(sample.entry("Contoso", ["contoso.com"], state=state), []))
    assert [place for place in made if place.startswith("letters/")] == []


def test_a_letter_says_from_when_to_what_and_how_we_come() -> None:
    day = "2026-12-01T08:00:00Z"
    text = letter(
        "Contoso",
        enforce_from=day,
        stands="disabled",
        standing=False,
        held=sample.held("Contoso", "enforce_from", "", day),
        level="domain_validation",
        certificate_name="mail.contoso.com",
        inbound={"certificate_name": "*.contoso.com", "ip_addresses": ["192.0.2.0/24"]},
        reference="CHG0042",
    )
    told = flat(text)
    assert "From 2026-12-01 08:00 UTC on, mail between your organisation and ours" in told
    assert "and with the name mail.contoso.com in the certificate." in told
    assert "with a certificate for *.contoso.com and from 192.0.2.0/24." in told
    assert "names end in outbound.protection.outlook.com" in told
    assert "for mail.protection.outlook.com" in told
    assert "O365ConnectorValidation@[our tenant's default domain]" in told
    assert "Our reference: CHG0042" in told


def test_a_letter_says_what_was_seen_and_what_to_do() -> None:
    made = files()["letters/adatum.txt"]
    told = flat(made)
    assert (
        "We looked at your server mx1.adatum.com on 2026-11-25 22:37 UTC. What is written above is not fulfilled."
        in told
    )
    assert "1. mx1.adatum.com does not send the certificate of its issuer" in told
    assert "Please have mx1.adatum.com send the intermediate certificate" in told
    assert "tell us when it is done" in told


def test_a_letter_tells_nothing_of_the_house() -> None:
    exception = {
        "finding": "x",
        "owner": "alice@example.com",
        "until": sample.at(9),
        "reason": "CHG0050",
        "active": True,
    }
    text = letter(
        "Contoso",
        state="suspended",
        reason="INC0815 they lost our mail",
        description="internal",
        exceptions=[exception],
        alerts=[sample.alert("Contoso", "suspension_over", "decide")],
        held=None,
        standing=False,
    )
    for secret in ("INC0815", "internal", "alice", "CHG0050", "decide", "Forced TLS to"):
        assert secret not in text
    assert "we do not require TLS" in flat(text)

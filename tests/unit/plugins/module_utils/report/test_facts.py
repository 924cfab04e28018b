# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How plan, inventory, stages and probe come together in the facts of the report."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import moments, text
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.compose import make_report
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.facts import read_facts
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.model import Told
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.slugs import slugs
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.report import sample

NAME = "Contoso"
TO, OF = sample.names(NAME)


def facts_of(*stories: sample.Story, **over: t.Any) -> t.Any:
    return read_facts({**sample.assembled(stories), **over})


def told(*stories: sample.Story, **over: t.Any) -> Told:
    return t.cast("Told", facts_of(*stories, **over).partners[0])


def contoso(**over: t.Any) -> dict[str, t.Any]:
    return sample.entry(NAME, ["contoso.com"], **over)


def stage(*changes: tuple[dict[str, t.Any], str, str | None]) -> dict[str, t.Any]:
    """One result of the module connectors."""
    return {
        "connectors": [sample.outcome(change, status, error) for change, status, error in changes],
        "diff": [sample.difference(change) for change, _status, _error in changes],
    }


def made(direction: str, *, enabled: bool) -> dict[str, t.Any]:
    settings = sample.standing(contoso(), enabled=enabled)[0][0 if direction == "outbound" else 1]
    return sample.change(NAME, direction, "create", after={**settings, "owner": "forced_tls"})


def enable(direction: str) -> dict[str, t.Any]:
    switch = {"before": {"enabled": False}, "after": {"enabled": True}}
    return sample.change(NAME, direction, "update", changes=["enabled"], **switch)


def test_stages_add_up_to_what_stands() -> None:
    ways = ("outbound", "inbound")
    first = stage(*((made(way, enabled=False), "applied", None) for way in ways))
    last = stage(*((enable(way), "applied", None) for way in ways))
    passed = {"connector": TO, "status": "passed", "steps": []}
    one = told(sample.Story(contoso(), [], None), results=[first, last], validations=[passed])
    assert one.status == "enforced"
    assert [(step.what, step.status) for step in one.steps] == [
        ("create", "applied"),
        ("create", "applied"),
        ("validate", "passed"),
        ("update", "applied"),
        ("update", "applied"),
    ]
    assert one.steps[3].detail == "enabled: no -> yes"


def test_whether_validation_is_asked_for() -> None:
    asked = "No validation by Exchange was asked for (validation_recipients is empty)."
    given = sample.assembled([sample.Story(contoso(), [])])
    assert asked not in read_facts(given).partners[0].unproven
    given["inventory"]["connectors"][0]["validation_recipients"] = []
    assert asked in read_facts(given).partners[0].unproven
    given["plan"]["connectors"] = [{"name": TO, "direction": "outbound", "validation_recipients": ["a@contoso.com"]}]
    assert read_facts(given).partners[0].unproven[-1] == "No validation by Exchange in this run."


def test_who_was_made_and_not_enforced_is_not_told_to_be_in_force() -> None:
    first = stage(*((made(way, enabled=False), "applied", None) for way in ("outbound", "inbound")))
    one = told(sample.Story(contoso(), [], None), results=[first])
    assert (one.status, one.forces("outbound"), one.forces("inbound")) == ("pending", False, False)


@pytest.mark.parametrize("state", ["prepared", "suspended", "absent"])
def test_what_the_list_takes_off_is_not_told_to_be_off_while_a_connector_is_in_force(state: str) -> None:
    given = sample.assembled([sample.Story(contoso(state=state), [])])
    assert read_facts(given).partners[0].status == "pending"
    given["inventory"]["connectors"][0]["enabled"] = False
    assert read_facts(given).partners[0].status == "pending", "the other direction"
    given["inventory"]["connectors"][1]["enabled"] = False
    found = read_facts(given)
    assert (found.partners[0].status, found.counts[state], found.counts["pending"]) == (state, 1, 0)
    assert told(sample.Story(contoso(state="planned"), [])).status == "planned"


@pytest.mark.parametrize("status", ["failed", "unknown", "skipped"])
def test_a_write_that_did_not_happen_changes_nothing_of_what_stands(status: str) -> None:
    result = stage((enable("outbound"), status, "It was not changed."))
    one = told(sample.Story(contoso(), [], False), results=[result])
    assert one.forces("outbound") is False
    assert [each.matter for each in one.decisions] == ["refused" if status == "skipped" else "failed"]


def test_a_run_that_could_do_nothing_is_told() -> None:
    facts = facts_of(sample.Story(contoso(), []), results=[{"failed": True, "msg": "The sign-in failed."}])
    assert [(each.matter, each.message) for each in facts.common] == [("failed", "The sign-in failed.")]


@pytest.mark.parametrize(
    ("option", "value"),
    [("enabled", False), ("transport_rule_scoped", True), ("test_mode", True), ("tls_settings", "opportunistic")],
)
def test_what_does_not_force_tls(option: str, value: object) -> None:
    given = sample.assembled([sample.Story(contoso(), [])])
    assert read_facts(given).partners[0].forces("outbound") is True
    given["inventory"]["connectors"][0][option] = value
    assert read_facts(given).partners[0].forces("outbound") is False


def test_a_connector_of_that_name_in_the_other_direction_is_somebody_elses() -> None:
    given = sample.assembled([sample.Story(contoso(), [])])
    given["inventory"]["connectors"].append({**given["inventory"]["connectors"][1], "name": TO})
    connectors = read_facts(given).partners[0].connectors
    assert [(one.direction, one.name == TO) for one in connectors] == [("outbound", True), ("inbound", False)]


def test_a_shared_connector_is_found_by_its_domains() -> None:
    given = sample.assembled([sample.Story(contoso(), [])])
    for group in ("connectors", "details"):
        for each in given["inventory"][group]:
            each["name"] = f"Forced TLS pack {each['direction']} 1"
    assert read_facts(given).partners[0].status == "enforced"
    for detail in given["inventory"]["details"]:
        detail["owner"] = "somebody else"
    assert read_facts(given).partners[0].status == "pending"


def test_a_validation_older_than_a_change_is_told_as_such() -> None:
    given = sample.assembled([sample.Story(contoso(), [])])
    assert read_facts(given).partners[0].validation == "passed"
    given["inventory"]["details"][0]["when_changed"] = "2026-11-03T00:00:00Z"
    assert read_facts(given).partners[0].validation == "passed; changed since"


def test_a_failed_validation_is_told_once() -> None:
    failed = sample.failed_validation(TO)
    alert = sample.alert(NAME, "validation_failed", "Contoso: it is enforced, and mail may not get through.")
    assert [each.matter for each in told(sample.Story(contoso(), []), validations=[failed]).decisions] == ["validation"]
    one = told(sample.Story(contoso(alerts=[alert]), []), validations=[failed])
    assert [each.matter for each in one.decisions] == ["alert"]


def test_the_first_certificate_to_end_counts_and_a_root_does_not() -> None:
    server = sample.server("mx1.contoso.com", "192.0.2.1", days=200)
    server["chain"][1]["not_after"] = sample.at(30)
    server["chain"][2].update(subject="CN=Root", issuer="CN=Root", not_after=sample.at(1))
    one = told(sample.Story(contoso(), [sample.look("contoso.com", "encryption_only", [server])]))
    assert moments.iso(one.expires) == sample.at(30)
    assert [each.what for each in one.dates] == ["R11 at mx1.contoso.com"]


def test_a_hold_without_words_gets_some() -> None:
    hold = sample.held(NAME, "enforce_from", "", "2026-12-01T08:00:00Z")
    one = told(sample.Story(contoso(stands="disabled", held=hold), [], False))
    assert [each.message for each in one.decisions] == ["Contoso: enforced from 2026-12-01 08:00 UTC on."]
    assert one.urgent is False


@pytest.mark.parametrize(
    "given",
    [None, {}, {"plan": {}}, {"plan": {"format": 2, "partners": []}}, {"plan": {"format": 1, "partners": []}}],
)
def test_without_a_plan_there_is_no_report(given: object) -> None:
    with pytest.raises(InputError) as failure:
        make_report(given)
    assert "step 'plan'" in failure.value.problems[0]


def test_the_summary_is_small_and_made_without_files() -> None:
    made_report = make_report(sample.sample(), files=False)
    assert made_report["files"] == {}
    assert made_report["summary"]["decision_partners"][0] == "Adatum"
    assert "mx1." not in str(made_report["summary"])


def test_parts_may_be_json() -> None:
    given = sample.sample()
    text = {**given, "probes": " " + json.dumps(given["probes"])}
    assert make_report(text) == make_report(given)
    with pytest.raises(InputError, match="not JSON"):
        make_report({**given, "probes": "{"})


def test_the_same_input_gives_the_same_files() -> None:
    assert make_report(sample.sample()) == make_report(sample.sample())


def test_names_of_files_are_readable_and_never_the_same() -> None:
    assert slugs(["Contoso", "fabrikam.com"]) == ["contoso", "fabrikam.com"]
    names = ["a b", "a-b", "a  b", "../../etc/passwd", "\u00dcber", "Uber", "x" * 90, "x" * 91, "...", ""]
    made_slugs = slugs(names)
    assert len(set(made_slugs)) == len(names)
    for slug in made_slugs:
        assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")
        assert slug[0] not in ".-"
        assert len(slug) <= 48


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-02T07:12:31.0000000", "2026-11-02T07:12:31Z"),
        ("2026-11-02T09:12:31+02:00", "2026-11-02T07:12:31Z"),
        ("2026-11-02T07:12Z", "2026-11-02T07:12:00Z"),
        ("2026-11-02", "2026-11-02T00:00:00Z"),
        ("2026-13-02", None),
        ("soon", None),
        (None, None),
    ],
)
def test_times_are_read_or_left(written: object, read: str | None) -> None:
    assert moments.iso(moments.read(written)) == read


def test_hidden_characters_are_shown_or_taken_out() -> None:
    assert text.visible("a\x00\u202eb\n\tc") == "a\\u0000\\u202eb c"
    assert text.bare(" a\x00\u202eb\n\tc\u200b ") == "ab c"
    assert text.visible("x" * 700).endswith("...")

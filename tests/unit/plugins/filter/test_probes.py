# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which servers have to be looked at, what is kept of it, and what is said."""

from __future__ import annotations

import datetime as dt
import json
import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.mailflow.exchange_online.plugins.filter.partner_probe_results import partner_probe_results
from ansible_collections.mailflow.exchange_online.plugins.filter.partner_probe_targets import partner_probe_targets
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.probe_results import results_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.probe_store import read_store
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.probes import (
    look_at,
    read_setting,
    targets_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.options import probe_options

Values = dict[str, t.Any]
NOW = dt.datetime(2026, 11, 26, 1, 30, tzinfo=dt.timezone.utc)
HOUR = dt.timedelta(hours=1)
LOW = "encryption_only"
ROLE = pathlib.Path(__file__).resolve().parents[4] / "roles" / "forced_tls"


def targets(entry: t.Any) -> list[tuple[Values, str]]:
    (partner,) = check_partners([entry])
    return [(target.options, target.wildcard) for target in targets_of(partner)]


FINDING = {"code": "", "severity": "warning", "subject": "a.com", "message": "So it is.", "advice": "Mend it."}


def look(
    *entries: t.Any,
    store: object = None,
    at: dt.datetime = NOW,
    now: dt.datetime = NOW,
    max_age: str = "24h",
    options: Values | None = None,
    vantage: str = "relay",
) -> Values:
    setting = read_setting(options or {}, vantage, max_age, at)
    partners = check_partners(list(entries), lenient_names=True)
    return look_at(partners, now, setting, store, "/x/probe.json", store is not None)


def domains(looked: Values) -> list[list[str]]:
    return [[one["domain"] for one in round_] for round_ in looked["rounds"]]


def item(asked: Values, verdict: str = "ready", **more: t.Any) -> Values:
    return {
        "domain": asked["domain"],
        "level": asked["level"],
        "verdict": verdict,
        "sustains": "certificate_validation" if verdict == "ready" else None,
        "delivery": "ok",
        "names": [f"mx.{asked['domain']}"],
        "hosts": [],
        "findings": [],
        **more,
    }


def seen(looked: Values, verdict: str = "ready", store: object = None, **more: t.Any) -> Values:
    results = [{"partners": [item(asked, verdict, **more) for asked in round_]} for round_ in looked["rounds"]]
    return results_of(looked, results, store)


# -- what has to be looked at ----------------------------------------------------------------------------------------


def test_the_shortest_entry() -> None:
    assert targets("contoso.com") == [({"domain": "contoso.com", "level": "certificate_validation"}, "")]


def test_all_that_the_verdict_depends_on_is_asked() -> None:
    side = {
        "level": "domain_validation",
        "certificate_name": "mail.a.com",
        "smtp_dane_mode": "mandatory",
        "mta_sts_mode": "none",
    }
    assert targets({"domains": ["a.com", "b.com"], "outbound": side}) == [
        ({"domain": "a.com", **side}, ""),
        ({"domain": "b.com", **side}, ""),
    ]


def test_a_wildcard_is_looked_at_through_the_domain_above_unless_that_is_listed() -> None:
    found = targets({"domains": ["*.a.com", "b.com", "*.b.com", "*.c.b.com"]})
    assert [(options["domain"], wildcard) for options, wildcard in found] == [
        ("b.com", ""),
        ("a.com", "*.a.com"),
        ("c.b.com", "*.c.b.com"),
    ]


@pytest.mark.parametrize(
    ("listed", "asked"), [(["*.a.com", "b.com", "c.com"], "b.com"), (["*.a.com", "*.b.com"], "a.com")]
)
def test_with_smart_hosts_one_target_is_enough(listed: list[str], asked: str) -> None:
    ((options, wildcard),) = targets({"domains": listed, "outbound": {"smart_hosts": ["gw.a.com"]}})
    assert (options["domain"], options["smart_hosts"], wildcard) == (asked, ["gw.a.com"], "")


def test_who_goes_is_not_looked_at() -> None:
    assert look({"name": "a", "domains": ["a.com"], "state": "absent"})["rounds"] == []
    suspended = {"state": "suspended", "reason": "x", "until": "2027-01-01"}
    rest = [{"domains": ["p.com"], "state": "planned"}, {"domains": ["s.com"], **suspended}]
    assert domains(look(*rest)) == [["p.com", "s.com"]]


def test_the_module_is_asked_for_each_domain_once_in_a_call() -> None:
    other = {"outbound": {"level": "encryption_only"}}
    found = look("a.com", {"domains": ["*.a.com", "b.com"], **other}, {"domains": ["*.b.com"]}, "c.com")
    assert domains(found) == [["a.com", "b.com", "c.com"], ["a.com", "b.com"]]
    assert found["rounds"][1][0]["level"] == "encryption_only"
    same = look("a.com", {"domains": ["*.a.com"]})
    assert domains(same) == [["a.com"]]
    assert [[one["wildcard"] for one in partner["targets"]] for partner in same["partners"]] == [[""], ["*.a.com"]]


def test_a_certificate_name_may_still_be_missing() -> None:
    found = look({"domains": ["a.com"], "outbound": {"level": "domain_validation"}})
    assert found["rounds"] == [[{"domain": "a.com", "level": "domain_validation"}]]


def test_exceptions_count_until_they_end() -> None:
    entry = {
        "domains": ["a.com"],
        "exceptions": [
            {"finding": "self_signed", "owner": "a@b.c", "until": "2026-11-26T01:30Z", "reason": "x"},
            {"finding": "weak_key", "owner": "a@b.c", "until": "2026-11-26T01:31Z", "reason": "x"},
        ],
    }
    assert look(entry)["partners"][0]["waive"] == ["weak_key"]
    assert look(entry, now=NOW - HOUR)["partners"][0]["waive"] == ["self_signed", "weak_key"]


# -- the file --------------------------------------------------------------------------------------------------------


def test_what_was_seen_is_not_looked_at_again() -> None:
    first = look("a.com", "b.com")
    store = seen(first)["store"]
    again = look("a.com", "c.com", store=store)
    assert domains(again) == [["c.com"]]
    told = seen(again, store=store)
    assert sorted(told["evidence"]) == ["a.com", "c.com"]
    assert {one["item"]["domain"] for one in json.loads(told["store"])["results"].values()} == {
        "a.com",
        "b.com",
        "c.com",
    }
    assert not look("a.com", "b.com", store=store)["write"]
    assert seen(look("a.com", store=store), store=store)["store"] == ""


@pytest.mark.parametrize(
    ("verdict", "max_age", "fresh"),
    [
        ("ready", "24h", 24 * HOUR),
        ("not_ready", "2d", 48 * HOUR),
        ("unreachable", "24h", 2.4 * HOUR),
        ("unknown", "10", HOUR),
    ],
)
def test_how_long_a_result_counts(verdict: str, max_age: str, fresh: dt.timedelta) -> None:
    store = seen(look("a.com"), verdict)["store"]
    second = dt.timedelta(seconds=1)
    assert look("a.com", store=store, at=NOW + fresh - second, max_age=max_age)["rounds"] == []
    assert domains(look("a.com", store=store, at=NOW + fresh, max_age=max_age)) == [["a.com"]]
    assert domains(look("a.com", store=store, max_age="0")) == [["a.com"]]


@pytest.mark.parametrize("verdict", ["unknown", "unreachable"])
@pytest.mark.parametrize(
    ("why", "again"),
    [
        ({"findings": [{**FINDING, "code": "dns_failure"}]}, True),
        ({"hosts": [{"failure": "unreachable"}]}, True),
        ({"hosts": [{"failure": None}, {"failure": "closed"}]}, True),
        # So it is where port 25 is closed on the way out, and looking takes long.
        ({"hosts": [{"failure": "timeout"}]}, False),
    ],
)
def test_what_a_lost_network_explains_is_looked_at_again(verdict: str, why: Values, again: bool) -> None:
    store = seen(look("a.com"), verdict, **why)["store"]
    assert bool(look("a.com", store=store)["rounds"]) == again
    # What was seen all the same counts as ever.
    assert look("a.com", store=seen(look("a.com"), **why)["store"])["rounds"] == []


def test_a_result_from_the_future_does_not_count() -> None:
    store = seen(look("a.com"))["store"]
    assert look("a.com", store=store, at=NOW - dt.timedelta(minutes=5))["rounds"] == []
    assert domains(look("a.com", store=store, at=NOW - dt.timedelta(minutes=6))) == [["a.com"]]


def test_a_certificate_that_has_expired_since_makes_a_result_useless() -> None:
    def host(end: str) -> Values:
        return {"chain": [{"not_after": "2027-01-01T00:00:00Z"}, {"not_after": end}]}

    ends = {"2026-11-26T02:30:00Z": [["a.com"]], "2026-11-26T02:30:01Z": [], "2026-11-26T01:00:00Z": [], "soon": []}
    for end, expected in ends.items():
        store = seen(look("a.com"), hosts=[host(end)])["store"]
        assert domains(look("a.com", store=store, at=NOW + HOUR)) == expected, end


@pytest.mark.parametrize(
    "other",
    [
        {"options": {"resolvers": ["192.0.2.1"]}},
        {"options": {"ca_path": "/x"}},
        {"options": {"expiry_warning_days": 3}},
        {"vantage": "elsewhere"},
    ],
    ids=str,
)
def test_a_result_counts_for_the_same_question_only(other: Values) -> None:
    store = seen(look("a.com"))["store"]
    assert domains(look("a.com", store=store, **other)) == [["a.com"]]
    level = {"domains": ["a.com"], "outbound": {"level": "encryption_only"}}
    assert domains(look(level, store=store)) == [["a.com"]]
    paced = look("a.com", store=store, options={"timeout": 3, "deadline": 60, "concurrency": 2, "helo_name": None})
    assert paced["rounds"] == []


def test_a_result_that_is_another_domains_does_not_count() -> None:
    store = seen(look("a.com"))["store"].replace('"domain":"a.com"', '"domain":"good.com"')
    assert domains(look("a.com", store=store)) == [["a.com"]]


def test_what_nobody_asks_for_leaves_the_file_after_thirty_days_and_not_before() -> None:
    store = seen(look("old.com", "used.com"))["store"]
    for day in range(1, 31):
        at = NOW + dt.timedelta(days=day)
        found = look("used.com", store=store, at=at, max_age="9w")
        assert found["write"]  # the day of use is kept
        store = seen(found, store=store)["store"]
        kept = {one["item"]["domain"]: one["used_on"] for one in json.loads(store)["results"].values()}
        used = {"used.com": at.date().isoformat()}
        assert kept == ({"old.com": "2026-11-26", **used} if day < 30 else used), day
    gone = {"name": "x", "domains": ["used.com"], "state": "absent"}
    assert not look(gone, store=store, at=at + dt.timedelta(days=29))["write"]
    assert look(gone, store=store, at=at + dt.timedelta(days=30))["write"]


@pytest.mark.parametrize(
    ("text", "said", "written"),
    [
        ("", None, True),
        ("{}", None, True),
        ("{", "as it is not JSON; it is left as it is, so remove it, or", False),
        ("[" * 100_000, "as it is not JSON", False),
        ('["a.com"]', "as it holds no results of a probe; it is left", False),
        ('{"results": {}}', "as it holds no results of a probe; it is left", False),
        ('{"format": 2, "results": {}}', "as it has the format 2, and this release reads format 1.", True),
        ('{"format": 1, "results": {"a": {}, "b": 7}}', "as it holds 2 damaged entries.", True),
        (b"\xff", "as it cannot be read; it is left as it is", False),
    ],
    ids=lambda one: str(one)[:20],
)
def test_a_file_that_cannot_be_used_is_told_and_never_a_failure(text: object, said: str | None, written: bool) -> None:
    found = look("a.com", store=text)
    assert domains(found) == [["a.com"]]
    told = seen(found, store=text)
    assert told["lines"][1:] == [] if said is None else said in told["lines"][1]
    if said is not None:
        assert told["lines"][1].startswith("Results of earlier probes in '/x/probe.json' do not count, ")
        assert ("forced_tls_probe_file" in told["lines"][1]) is not written
    assert bool(told["store"]) is written


def damaged() -> dict[str, Values]:
    whole = json.loads(seen(look("a.com"))["store"])
    (key,) = whole["results"]
    changes: list[tuple[str, object]] = [
        ("seen_at", "yesterday"),
        ("used_on", None),
        ("item", None),
        ("item.verdict", "fine"),
        ("item.delivery", None),
        ("item.sustains", "strong"),
        ("item.findings", [{"code": "x"}]),
        ("item.findings", "none"),
        ("item.names", [7]),
        ("item.hosts", [{"chain": "x"}]),
        ("item.hosts", {}),
    ]
    found = {}
    for path, value in changes:
        copy = json.loads(json.dumps(whole))
        place = copy["results"][key]
        for part in path.split(".")[:-1]:
            place = place[part]
        place[path.rpartition(".")[2]] = value
        found[f"{path}={value}"] = copy
    return found


@pytest.mark.parametrize("name", damaged())
def test_a_damaged_entry_does_not_count(name: str) -> None:
    store = read_store(json.dumps(damaged()[name]), present=True)
    assert (store.entries, store.trouble, store.ours) == ({}, "holds 1 damaged entry", True)


def test_the_text_of_the_file_is_no_literal_of_python() -> None:
    """Ansible before 2.19 makes objects of texts that begin like one."""
    told = seen(look("a.com"))
    assert told["store"][0] == told["probes"][0] == " "


# -- what is told ----------------------------------------------------------------------------------------------------


def test_results_by_partner() -> None:
    entries = [{"name": "Contoso", "domains": ["contoso.com", "*.x.contoso.com"]}, "b.com"]
    found = seen(look(*entries))
    assert found["evidence"].keys() == {"contoso", "b.com"}
    contoso = json.loads(found["probes"])["contoso"]
    assert [(one["domain"], one["notice"]) for one in contoso] == [
        ("contoso.com", ""),
        ("x.contoso.com", "x.contoso.com was looked at in place of *.x.contoso.com, whose servers cannot be listed."),
    ]
    assert {(one["seen_at"], one["vantage"], one["verdict"]) for one in contoso} == {
        ("2026-11-26T01:30:00Z", "relay", "ready")
    }
    assert found["evidence"]["contoso"]["names"] == []  # mx.contoso.com and mx.x.contoso.com


def test_a_partner_that_was_not_looked_at_has_no_entry() -> None:
    for results in (None, [], [{"skipped": True}], "x"):
        told = results_of(look("a.com"), results)
        assert (told["evidence"], json.loads(told["probes"])) == ({}, {})
        assert told["lines"] == ["Probe: 1 partner, 1 target, 1 not looked at."]


@pytest.mark.parametrize("partners", [[], [{"domain": "a.com"}], {"a": 1}])
def test_a_result_that_is_not_the_modules_is_refused(partners: object) -> None:
    with pytest.raises(InputError, match="partner_tls_info returned something else"):
        results_of(look("a.com"), [{"partners": partners}])


def test_the_lines_sum_it_up() -> None:
    entries = ["a.com", "b.com", {"domains": ["c.com", "*.b.com"]}]
    waive = [{"finding": "weak_key", "owner": "a@b.c", "until": "2027-01-01", "reason": "x"}]
    first = look("a.com", at=NOW - 3 * HOUR)
    store = seen(first)["store"]
    found = look(*entries, {"name": "Dee", "domains": ["d.com"], "exceptions": waive}, store=store)
    bad = {"severity": "error", "subject": "mx", "advice": "Mend."}
    asked = {one["domain"]: one for one in found["rounds"][0]}
    results = [
        item(asked["b.com"]),
        item(asked["c.com"], "not_ready", findings=[{**bad, "code": "self_signed", "message": "It is self-signed."}]),
        item(asked["d.com"], "not_ready", findings=[{**bad, "code": "weak_key", "message": "W."}], sustains=LOW),
    ]
    assert results_of(found, [{"partners": results}], store)["lines"] == [
        "Probe: 4 partners, 4 targets, 1 from the cache (oldest 3 h), 3 looked at from relay: 3 ready, 1 not ready.",
        "c.com: not ready: It is self-signed.",
        "Dee: ready by an exception for weak_key.",
    ]
    gone = look({"name": "a", "domains": ["a.com"], "state": "absent"})
    assert results_of(gone, [])["lines"] == ["Probe: 0 partners, 0 targets."]


@pytest.mark.parametrize(
    ("hours", "said"), [(0, "0 min"), (1.5, "90 min"), (2, "2 h"), (47.9, "47 h"), (48, "2 d"), (-0.05, "0 min")]
)
def test_the_age_of_the_oldest_look(hours: float, said: str) -> None:
    store = seen(look("a.com"))["store"]
    found = look("a.com", store=store, at=NOW + hours * HOUR, max_age="9w")
    assert f"1 from the cache (oldest {said}): 1 ready." in results_of(found, None, store)["lines"][0]


# -- options ---------------------------------------------------------------------------------------------------------


def test_every_problem_of_the_options_is_told_at_once() -> None:
    with pytest.raises(InputError) as told:
        read_setting({"resolver": ["192.0.2.1"], "partners": []}, "relay", "soon", "whenever")
    text = "\n".join(told.value.problems)
    assert (
        "forced_tls_probe_options: 'resolver' is not known (did you mean resolvers?); accepted are resolvers," in text
    )
    assert "forced_tls_probe_options: 'partners' is not known" in text
    assert "forced_tls_probe_max_age: 'soon' is not an age; give hours" in text
    assert "The clock of the probe 'whenever' is neither a date nor a time" in text
    with pytest.raises(InputError, match="forced_tls_probe_options is a list; write a dictionary of options"):
        read_setting([], "relay", "1h", None)


def test_the_role_hands_on_every_option_of_the_module() -> None:
    tasks = yaml.safe_load((ROLE / "tasks" / "probe_look.yml").read_text(encoding="utf-8"))
    module = "mailflow.exchange_online.partner_tls_info"
    given = next(task[module] for task in tasks if module in task)
    assert given.keys() == probe_options().keys()
    for option, value in given.items():
        if option != "partners":
            assert value == f"{{{{ forced_tls_probe_options.{option} | default(omit) }}}}"


# -- the filters -----------------------------------------------------------------------------------------------------


def test_the_filters_together() -> None:
    looked = partner_probe_targets(["a.com"], now="2026-11-26", vantage="relay", clock=NOW)
    results = [{"partners": [item(one) for one in looked["rounds"][0]]}]
    told = partner_probe_results(looked, results)
    assert told["evidence"]["a.com"]["verdict"] == "ready"
    again = partner_probe_targets(
        ["a.com"], vantage="relay", clock=NOW + HOUR, store=told["store"], store_path="/x", store_present=True
    )
    assert again["rounds"] == []
    assert partner_probe_results(again, [], told["store"])["evidence"] == told["evidence"]


def test_the_filters_say_what_is_wrong() -> None:
    errors = pytest.importorskip("ansible.errors")
    with pytest.raises(errors.AnsibleFilterError, match="The partner list has 1 problem:\n- Partner 1"):
        partner_probe_targets([{"domains": ["a b"]}])
    with pytest.raises(errors.AnsibleFilterError, match="'prot' is not known"):
        partner_probe_targets(["a.com"], probe_options={"prot": 25})
    looked = partner_probe_targets(["a.com"])
    with pytest.raises(errors.AnsibleFilterError, match="partner_tls_info returned something else"):
        partner_probe_results(looked, [{"partners": []}])

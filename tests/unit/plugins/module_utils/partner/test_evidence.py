# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the probe saw of a partner, and what exceptions make of it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.evidence import Looked, evidence_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.probe_store import sound

Values = dict[str, t.Any]
SEEN = "2026-11-26T01:30:00Z"


def finding(code: str, severity: str = "error", subject: str = "mx.a.com") -> Values:
    return {"code": code, "severity": severity, "subject": subject, "message": f"{subject}: {code}.", "advice": "Mend."}


def item(verdict: str = "ready", *findings: Values, **more: t.Any) -> Values:
    seen = {
        "domain": "a.com",
        "level": "certificate_validation",
        "verdict": verdict,
        "sustains": "certificate_validation" if verdict in ("ready", "not_ready") else None,
        "delivery": "ok",
        "names": ["mx.a.com"],
        "hosts": [{"sustains": "certificate_validation"}],
        "findings": list(findings),
        **more,
    }
    assert sound(seen)
    return seen


def looked(verdict: str = "ready", *findings: Values, **more: t.Any) -> Looked:
    return Looked(item(verdict, *findings, **more), SEEN, "relay")


def judged(look: Looked, *waive: str) -> tuple[str, list[str], list[str]]:
    found = evidence_of([look], waive)
    return found["verdict"], [one["code"] for one in found["obstacles"]], found["waived"]


def test_a_partner_that_is_ready() -> None:
    assert evidence_of([looked(sustains="domain_validation")], ()) == {
        "verdict": "ready",
        "seen_at": SEEN,
        "vantage": "relay",
        "delivery": "ok",
        "sustains": "domain_validation",
        "names": ["mx.a.com"],
        "obstacles": [],
        "waived": [],
        "notices": [],
    }


def test_obstacles_are_the_errors_and_nothing_else() -> None:
    look = looked("not_ready", finding("self_signed"), finding("cert_expires_soon", "warning"), finding("x", "info"))
    found = evidence_of([look], ())
    assert found["obstacles"] == [finding("self_signed")]
    assert (found["verdict"], found["waived"]) == ("not_ready", [])


# -- exceptions ------------------------------------------------------------------------------------------------------


def test_an_exception_takes_out_what_it_names_and_no_more() -> None:
    look = looked("not_ready", finding("self_signed"), finding("self_signed", subject="mx2.a.com"), finding("weak_key"))
    assert judged(look, "self_signed") == ("not_ready", ["weak_key"], ["self_signed"])
    assert judged(look, "self_signed", "weak_key") == ("ready", [], ["self_signed", "weak_key"])
    assert judged(look, "cert_expired", "validation") == judged(look)
    assert judged(look)[0] == "not_ready"


def test_an_exception_is_not_told_where_it_took_nothing_out() -> None:
    assert judged(looked(), "self_signed", "probe") == ("ready", [], [])
    assert judged(looked("ready", finding("cert_expires_soon", "warning")), "cert_expires_soon") == ("ready", [], [])


@pytest.mark.parametrize("verdict", ["not_ready", "unreachable", "unknown"])
def test_an_exception_for_the_probe_takes_all_of_it_out(verdict: str) -> None:
    look = looked(verdict, finding("self_signed"), finding("weak_key"), delivery="blocked")
    assert judged(look, "probe") == ("ready", [], ["probe"])
    assert judged(look, "weak_key", "probe") == ("ready", [], ["probe", "weak_key"])


def test_a_verdict_that_no_finding_explains_stands() -> None:
    for look in (looked("not_ready"), looked("ready", delivery="blocked")):
        assert judged(look, "self_signed") == ("not_ready", ["unexplained"], [])
    assert judged(looked("ready", delivery="unknown"), "self_signed") == ("unknown", ["unexplained"], [])


@pytest.mark.parametrize(
    ("doubt", "more"),
    [
        (finding("deadline_reached", "warning"), {}),
        (finding("certificate_name_missing", "warning"), {}),
        (finding("tls13_only", "warning"), {}),
        (finding("dane_unproven", "warning"), {"delivery": "unknown"}),
    ],
    ids=lambda one: one.get("code", ""),
)
def test_a_doubt_behind_an_error_stays_when_the_error_is_taken_out(doubt: Values, more: Values) -> None:
    look = looked("not_ready", finding("self_signed"), doubt, **more)
    assert judged(look, "self_signed") == ("unknown", [doubt["code"]], ["self_signed"])
    assert judged(look, "self_signed", doubt["code"]) == ("ready", [], sorted(["self_signed", doubt["code"]]))
    alone = looked("unknown", doubt, sustains="encryption_only", **more)
    assert judged(alone) == ("unknown", [doubt["code"]], [])
    assert judged(alone, doubt["code"]) == ("ready", [], [doubt["code"]])


def test_what_no_server_showed_is_not_waived_by_a_code() -> None:
    no_mail = looked("not_ready", finding("null_mx"), sustains=None, delivery="blocked", hosts=[])
    assert judged(no_mail, "null_mx") == ("unknown", ["unexplained"], ["null_mx"])
    shy = looked("not_ready", finding("self_signed"), finding("reply_timeout", "warning"), sustains=None)
    assert judged(shy, "self_signed") == ("unknown", ["reply_timeout"], ["self_signed"])
    assert judged(shy, "self_signed", "reply_timeout")[0] == "unknown"


def test_a_delivery_in_doubt_because_a_server_was_not_seen_stays_in_doubt() -> None:
    doubt = finding("dane_unproven", "warning")
    hosts = [{"sustains": "domain_validation"}, {"sustains": None}]
    look = looked("unknown", doubt, sustains="domain_validation", delivery="unknown", hosts=hosts)
    assert judged(look, "dane_unproven") == ("unknown", ["unexplained"], ["dane_unproven"])
    bare = looked("not_ready", finding("self_signed"), delivery="unknown")
    assert judged(bare, "self_signed")[0] == "unknown"


def test_a_server_that_was_not_judged_beside_one_that_was_does_not_count() -> None:
    """As in the probe's own verdict."""
    look = looked("not_ready", finding("self_signed"), finding("connect_failed", "warning"))
    assert judged(look, "self_signed") == ("ready", [], ["self_signed"])


def test_mail_that_a_policy_stops_can_be_waived_as_well() -> None:
    look = looked("not_ready", finding("sts_mx_mismatch"), delivery="blocked")
    assert judged(look, "sts_mx_mismatch") == ("ready", [], ["sts_mx_mismatch"])


# -- nobody was seen -------------------------------------------------------------------------------------------------


def test_an_unreachable_partner_says_first_that_it_is() -> None:
    findings = (finding("connect_failed", "warning"), finding("unreachable", "warning", "a.com"))
    look = looked("unreachable", *findings, finding("mx_is_cname", "warning"), delivery="unknown")
    assert judged(look) == ("unreachable", ["unreachable", "connect_failed"], [])
    assert judged(look, "unreachable", "connect_failed")[0] == "unreachable"


def test_dns_that_does_not_answer_is_why() -> None:
    look = looked("unknown", finding("dns_failure", "warning"), finding("stray_null_mx", "warning"))
    assert judged(look) == ("unknown", ["dns_failure"], [])


# -- several targets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        (("ready", "ready"), "ready"),
        (("ready", "unknown"), "unknown"),
        (("unknown", "unreachable"), "unreachable"),
        (("unreachable", "not_ready"), "not_ready"),
    ],
)
def test_the_worst_of_all_targets_counts(verdicts: tuple[str, str], worst: str) -> None:
    looks = [looked(verdict, *([finding("self_signed")] if verdict == "not_ready" else [])) for verdict in verdicts]
    assert evidence_of(looks, ())["verdict"] == worst
    assert evidence_of(looks[::-1], ())["verdict"] == worst


def test_several_targets_together() -> None:
    good = Looked(item(sustains="domain_validation", names=["b", "a", "c"]), "2026-11-25T00:00:00Z", "one")
    bad = looked(
        "not_ready",
        *(finding("weak_key", subject=f"mx{number}") for number in range(30)),
        sustains="encryption_only",
        delivery="unknown",
        names=["a", "b"],
    )
    unseen = looked("unreachable", finding("unreachable", "warning"), names=[], delivery="unknown")
    found = evidence_of([unseen, good, bad, bad], ())
    assert found["names"] == ["b", "a"]  # of those that were judged
    assert (found["sustains"], found["delivery"]) == ("encryption_only", "unknown")
    assert (found["seen_at"], found["vantage"]) == ("2026-11-25T00:00:00Z", "relay, one")
    assert [one["subject"] for one in found["obstacles"]] == [f"mx{number}" for number in range(20)]
    assert evidence_of([bad, unseen], ["weak_key"])["verdict"] == "unreachable"


def test_all_obstacles_of_all_targets_the_worst_first_and_each_once() -> None:
    unseen = looked("unreachable", finding("unreachable", "warning"))
    bad = looked("not_ready", finding("self_signed"))
    more = looked("not_ready", finding("self_signed"), finding("self_signed", subject="mx2.a.com"))
    obstacles = evidence_of([unseen, bad, more], ())["obstacles"]
    assert [(one["code"], one["subject"]) for one in obstacles] == [
        ("self_signed", "mx.a.com"),
        ("self_signed", "mx2.a.com"),
        ("unreachable", "mx.a.com"),
    ]
    assert evidence_of([unseen], ())["names"] == []


# -- wildcards -------------------------------------------------------------------------------------------------------


def proxy(*findings: Values, **more: t.Any) -> Looked:
    return Looked(item(*(("not_ready", *findings) if findings else ()), **more), SEEN, "relay", "*.a.com")


def test_a_wildcard_is_looked_at_through_its_parent_and_that_is_said() -> None:
    found = evidence_of([proxy()], ())
    assert found["verdict"] == "ready"
    assert found["notices"] == ["a.com was looked at in place of *.a.com, whose servers cannot be listed."]
    assert evidence_of([proxy(finding("self_signed"))], ())["verdict"] == "not_ready"


@pytest.mark.parametrize("code", ["null_mx", "nxdomain", "no_address"])
def test_a_parent_without_mail_says_nothing_about_its_subdomains(code: str) -> None:
    dead = proxy(finding(code), sustains=None, delivery="blocked", names=[])
    assert judged(dead) == ("unknown", ["wildcard_unseen"], [])
    assert judged(dead, "probe")[0] == "ready"
    other = looked()
    found = evidence_of([dead, other], ())
    assert (found["verdict"], found["delivery"], found["names"]) == ("ready", "ok", ["mx.a.com"])
    assert found["notices"] == ["a.com takes no mail itself, so nothing is known of the servers of *.a.com."]
    listed = looked("not_ready", finding(code), sustains=None, delivery="blocked")
    assert judged(listed)[0] == "not_ready"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""One partner of the page. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import moments, probes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.markup import Content, Html, el, joined
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.model import (
    MATTERS,
    Connector,
    Decision,
    Run,
    Told,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.page_servers import servers
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.plain import Values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.stages import DIRECTIONS, shown
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.text import counted, listed

WORDS = {
    "ready": "ready",
    "not_ready": "not ready",
    "unreachable": "not reachable from here",
    "unknown": "not known",
    "": "not looked at",
}
_SEVERITIES = {"error": ("bad", "Error"), "warning": ("held", "Warning"), "info": ("", "Note")}
#: What a setting says where Exchange's own default stands.
_DEFAULTS: tuple[t.Any, ...] = (None, "", [], False)
_QUIET = ("name", "direction", "state", "comment", "owner")
_HEADINGS = {"outbound": "Mail to them", "inbound": "Mail from them"}


def partner(told: Told, run: Run) -> Html:
    """A fold: its line is what matters, the rest is inside."""
    parts: list[Content] = [_agreement(told, run), _decided(told), _connectors(told, run)]
    parts += [servers(told.looks, run.now), _findings(told), _steps(told), _unproven(told)]
    return el("details", _line(told, run), el("div", el("div", parts, id=told.slug), class_="in"), class_="one")


def pill(word: str, kind: str, *, full: bool = False) -> Html:
    return el("span", word, class_=f"pill {kind}{' full' if full else ''}")


def matters(decisions: t.Sequence[Decision], name: str = "") -> list[Html]:
    """Each with its word in front, without the name that stands above it."""
    return [
        el(
            "p",
            pill(MATTERS[each.matter], colour(each), full=each.matter not in ("held", "waiting")),
            f" {_without(each.message, name)}",
        )
        for each in decisions
    ]


def _without(message: str, name: str) -> str:
    rest = message.removeprefix(f"{name}: ")
    # "The", but neither "mx1.contoso.com" nor "enforce_from": those are names.
    return rest[:1].upper() + rest[1:] if rest.split(" ", 1)[0].isalpha() else rest


def colour(decision: Decision) -> str:
    return {"held": "held", "conflict": "held", "waiting": "planned"}.get(decision.matter, "bad")


def _line(told: Told, run: Run) -> Html:
    words = [
        pill(MATTERS[matter], "bad" if matter not in ("held", "conflict") else "held", full=True)
        for matter in dict.fromkeys(each.matter for each in told.decisions)
        if matter not in ("held", "waiting")
    ]
    level = str(told.entry.get("level") or "").replace("_", " ")
    last = el("span", joined([*words, el("span", _next(told, run), class_="soft")]), class_="small")
    return el("summary", el("h3", told.name), pill(told.status, told.status), el("span", level, class_="small"), last)


def _next(told: Told, run: Run) -> str:
    """The date to remember: the next of its own, or the end of a certificate."""
    coming = min((each for each in told.dates if each.when >= run.now), key=lambda each: each.when, default=None)
    if coming is None or told.status == "absent":
        return ""
    word = {
        "start": "enforced",
        "end": "suspension ends",
        "exception": "exception ends",
        "certificate": "certificate ends",
    }
    return f"{word[coming.occasion]} {moments.distance(coming.when, run.now)}"


def _agreement(told: Told, run: Run) -> Html:
    entry = told.entry
    inbound = entry.get("inbound") or {}
    exceptions = [
        f"{each.get('finding')} until {moments.said(moments.read(each.get('until')))}, {each.get('owner')}:"
        f" {each.get('reason')}{'' if each.get('active') else ' (not in force)'}"
        for each in entry.get("exceptions") or []
    ]
    pairs: list[tuple[str, Content]] = [
        ("Domains", listed(entry.get("domains") or [])),
        ("Agreed level", entry.get("level")),
        ("Their certificate", entry.get("certificate_name")),
        ("Smart hosts", listed(entry.get("smart_hosts") or [])),
        ("Their sending certificate", inbound.get("certificate_name")),
        ("Their sending addresses", listed(inbound.get("ip_addresses") or [])),
        ("Enforced from", moments.said(moments.read(entry.get("enforce_from")))),
        ("Suspended until", moments.said(moments.read(entry.get("until")))),
        ("Reason", entry.get("reason")),
        ("Exceptions", joined(exceptions, Html("<br>")) if exceptions else None),
        ("Last validation", " ".join(filter(None, [moments.said(told.validated), f"({told.validation})"]))),
        ("Their servers", _verdict(told, run)),
        ("Contact", entry.get("contact")),
        ("Reference", entry.get("reference")),
        ("Description", entry.get("description")),
    ]
    state = f"{entry.get('state')}; in Exchange: {entry.get('stands')}"
    return _pairs("What is agreed", [("State", state), *pairs])


def _pairs(heading: str, pairs: t.Sequence[tuple[str, Content]]) -> Html:
    rows = [(el("dt", word), el("dd", value)) for word, value in pairs if value not in _DEFAULTS]
    return Html(el("h4", heading) + el("dl", rows, class_="pairs small"))


def _verdict(told: Told, run: Run) -> str:
    if told.status == "absent":
        return ""
    evidence = told.entry.get("evidence") or {}
    word = WORDS.get(probes.verdict(told.entry, told.looks), "not known")
    waived = f"; waived: {', '.join(evidence['waived'])}" if evidence.get("waived") else ""
    ends = ""
    if told.expires is not None:
        ends = f"; first certificate ends {moments.day(told.expires)} ({moments.distance(told.expires, run.now)})"
    return f"{word}{waived}{ends}"


def _decided(told: Told) -> Html:
    notices = el("ul", [el("li", notice) for notice in told.notices]) if told.notices else None
    if not told.decisions and notices is None:
        return Html("")
    return el("div", el("h4", "What stands out"), matters(told.decisions, told.name), notices, class_="small")


def _connectors(told: Told, run: Run) -> Html:
    if told.status == "planned" and not told.connectors:
        return Html("")
    sides = [el("div", _side(told, way, run)) for way in DIRECTIONS]
    return Html(el("h4", "Connectors as they stand") + el("div", sides, class_="two"))


def _side(told: Told, direction: str, run: Run) -> Content:
    found = [each for each in told.connectors if each.direction == direction and each.settings is not None]
    if not found:
        return el("p", f"{_HEADINGS[direction]}: no connector.", class_="small")
    return [_table(each, run) for each in found]


def _table(connector: Connector, run: Run) -> Html:
    settings = connector.settings or {}
    # "enabled" and "require_tls" are told whatever they are: off is what matters of them.
    kept = {
        option: value
        for option, value in settings.items()
        if option not in _QUIET and (value not in _DEFAULTS or option in ("enabled", "require_tls"))
    }
    force = "forces TLS" if connector.forces else "does not force TLS"
    changed = ", changed by this run" if connector.touched else ""
    rows = [
        el("tr", el("th", el("code", option), scope="row"), el("td", _value(value))) for option, value in kept.items()
    ]
    caption = el(
        "caption",
        f"{_HEADINGS[connector.direction]}: {force}",
        el("span", f" - {connector.name}{changed}", class_="soft"),
    )
    return el("table", caption, el("tbody", rows), class_="set")


def _value(value: object) -> str:
    return listed(value) if isinstance(value, list) and value else shown(value)


def _findings(told: Told) -> Html:
    found = probes.findings(told.looks)
    if not found:
        return Html("")
    return Html(el("h4", "Findings") + el("ul", [_finding(each) for each in found[:20]], class_="found small"))


def _finding(finding: Values) -> Html:
    kind, word = _SEVERITIES.get(str(finding.get("severity")), _SEVERITIES["warning"])
    advice = finding.get("advice")
    return el(
        "li",
        pill(word, kind or "planned"),
        " ",
        el("code", finding.get("code")),
        " ",
        finding.get("message"),
        el("p", el("em", "Advice: "), advice) if advice else None,
        class_=kind or None,
    )


def _steps(told: Told) -> Html:
    if not told.steps:
        return Html(el("h4", "This run") + el("p", "Nothing was to be changed or validated.", class_="small"))
    rows = [
        el(
            "tr",
            el("th", step.what, scope="row"),
            el("td", step.status),
            el("td", step.connector, _detail(step.detail)),
        )
        for step in told.steps
    ]
    head = el("thead", el("tr", [el("th", word, scope="col") for word in ("Step", "Became", "Connector")]))
    caption = el("caption", f"{counted(len(told.steps), 'step')} of this run")
    return Html(el("h4", "This run") + el("div", el("table", caption, head, el("tbody", rows)), class_="wide"))


def _detail(text: str) -> Html | None:
    return el("p", text, class_="soft") if text else None


def _unproven(told: Told) -> Html:
    if not told.unproven:
        return Html("")
    return Html(el("h4", "Not proven") + el("ul", [el("li", text) for text in told.unproven], class_="small"))

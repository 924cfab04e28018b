# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The page as a whole. Pure."""

from __future__ import annotations

import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import moments
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.facts import expiring
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.frame import document, skip_link
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.markup import Content, Html, el
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.model import (
    MATTERS,
    OCCASIONS,
    Date,
    Facts,
    Run,
    Told,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.page_partner import (
    colour,
    matters,
    partner,
    pill,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.pictures import (
    AHEAD,
    dates_picture,
    states_picture,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.text import counted

_SOON = 30
_LIMITS = (
    (
        "The probe looks at the partners' servers from where it runs. Exchange Online comes from other addresses, and"
        " may be treated differently; Exchange's own validation is what proves the way from there."
    ),
    (
        "What partners' servers do when they send to us cannot be seen from outside. The inbound connectors refuse what"
        " comes without TLS; message trace, or a test mail from the partner, proves that it comes with it."
    ),
    "A validation proves the moment at which it was made, and one way through Exchange's servers.",
    "A change may take up to an hour until all of Exchange's servers act upon it.",
)


def page(facts: Facts, outputs: t.Mapping[str, str]) -> str:
    """The whole page. ``outputs`` are the digests of the files that belong to it."""
    run = facts.run
    title = f"Forced TLS: {run.host or run.tenant_id or 'report'}"
    sections = [
        _glance(facts),
        _decisions(facts),
        _dates(facts),
        _partners(facts),
        _limits(),
        _evidence(facts, outputs),
    ]
    main = el("main", sections, id="main")
    return document(title, skip_link("Skip to the report"), _header(facts, title), main, _footer(run))


def _header(facts: Facts, title: str) -> Html:
    run = facts.run
    told = [f"Tenant {run.tenant_id}" if run.tenant_id else "", f"run {run.run_id}" if run.run_id else ""]
    told.append(f"finished {moments.said(run.finished)}" if run.finished else f"as of {moments.said(run.now)}")
    links = [
        ("decisions", "Decisions"),
        ("dates", "Dates"),
        ("partners", "Partners"),
        ("limits", "Limits"),
        ("evidence", "Evidence"),
    ]
    return el(
        "header",
        el("h1", title),
        el("p", "; ".join(filter(None, told)), class_="soft"),
        el("nav", el("ul", [el("li", el("a", word, href=f"#{name}")) for name, word in links]), aria_label="Sections"),
        _calm(facts),
    )


def _calm(facts: Facts) -> Html | None:
    """What a reader must know first of a run that wrote nothing, and would have."""
    to_do = sum(facts.counts[action] for action in ("create", "update", "delete"))
    if facts.acted or not (to_do or facts.run.check_mode):
        return None
    word = "Check mode: " if facts.run.check_mode else "Nothing was changed: "
    return el("p", el("strong", word), "this is how things stand, and what a run would do.", class_="note")


def _section(name: str, heading: str, *content: Content) -> Html:
    return el("section", el("h2", heading, id=name), content, aria_labelledby=name)


def _glance(facts: Facts) -> Html:
    counts = facts.counts
    doing = "created, changed or deleted" if facts.acted else "to create, change or delete"
    tiles: list[tuple[str, str | int, bool]] = [
        ("Partners", counts["partners"], False),
        ("Enforced", counts["enforced"], False),
        ("Held", counts["held"], False),
        ("Need a decision", counts["decisions"], counts["decisions"] > 0),
        (f"Connectors {doing}", counts["create"] + counts["update"] + counts["delete"], False),
        ("Changes that failed or were refused", counts["failed"] + counts["refused"], counts["failed"] > 0),
        ("Validations passed / not", f"{counts['validated']} / {counts['not_validated']}", counts["not_validated"] > 0),
        (f"Partners with a certificate that ends within {_SOON} days", expiring(facts, _SOON), False),
    ]
    shown = [el("div", el("dt", word), el("dd", value), class_="bad" if bad else None) for word, value, bad in tiles]
    picture = el("div", el("h3", "How partners stand"), states_picture(counts), class_="panel")
    return _section("glance", "At a glance", el("dl", shown, class_="tiles"), picture)


def _decisions(facts: Facts) -> Html:
    urgent = sorted((one for one in facts.partners if one.urgent), key=_gravity)
    waiting = [one for one in facts.partners if not one.urgent and one.decisions]
    cases: list[Content] = []
    if facts.common:
        cases.append(
            el("div", el("h3", "Outside the list"), matters(facts.common), class_=f"case {colour(facts.common[0])}")
        )
    cases += [_case(one) for one in urgent]
    if not cases:
        cases.append(el("p", "Nothing. No alert, no failure, nothing refused and nobody held by a finding."))
    if waiting:
        cases.append(el("h3", "Waiting, and nobody has to do anything", class_="then"))
        cases += [_case(one) for one in waiting]
    return _section("decisions", f"Needs a decision first ({len(urgent) + bool(facts.common)})", cases)


def _gravity(told: Told) -> int:
    return list(MATTERS).index(told.decisions[0].matter)


def _case(told: Told) -> Html:
    heading = el("h3", el("a", told.name, href=f"#{told.slug}"), " ", pill(told.status, told.status))
    return el("div", heading, matters(told.decisions, told.name), class_=f"case {colour(told.decisions[0])}")


def _dates(facts: Facts) -> Html:
    now = facts.run.now
    near = [each for each in facts.dates if each.when <= now + dt.timedelta(days=AHEAD)]
    if not near:
        return _section("dates", "Coming dates", el("p", f"Nothing begins, ends or expires in the next {AHEAD} days."))
    head = el("tr", [el("th", word, scope="col") for word in ("Date (UTC)", "Partner and event")])
    caption = el("caption", f"{counted(len(near), 'date')} until {moments.day(now + dt.timedelta(days=AHEAD))}")
    table = el("table", caption, el("thead", head), el("tbody", [_date(each, now) for each in near]), class_="dates")
    fold = el(
        "details",
        el("summary", "All of them as a table"),
        el("div", table, class_="wide"),
        class_="more",
        open=len(near) <= 12,
    )
    picture = el("div", el("h3", f"The next {AHEAD} days"), dates_picture(facts.dates, now), fold, class_="panel")
    return _section("dates", "Coming dates", picture)


def _date(date: Date, now: dt.datetime) -> Html:
    form = moments.said(date.when).removesuffix(" UTC").removesuffix(" 00:00")
    when = el("span", moments.distance(date.when, now), class_="when over" if date.when < now else "when soft")
    what = el("span", f": {date.what}", class_="soft") if date.what else None
    partner = el("a", date.partner, href=f"#{date.slug}")
    return el("tr", el("th", form, " ", when, scope="row"), el("td", partner, f" - {OCCASIONS[date.occasion]}", what))


def _partners(facts: Facts) -> Html:
    lead = el("p", "One fold for each; open it for connectors, servers, findings and what was done.", class_="soft")
    return _section("partners", "Partners", lead, [partner(one, facts.run) for one in facts.partners])


def _limits() -> Html:
    return _section("limits", "What this report does not prove", el("ul", [el("li", text) for text in _LIMITS]))


def _evidence(facts: Facts, outputs: t.Mapping[str, str]) -> Html:
    run = facts.run
    pairs = [
        ("Run", run.run_id),
        ("Plan", run.plan_id),
        ("Dates judged at", moments.said(run.now)),
        ("Started", moments.said(run.started)),
        ("Finished", moments.said(run.finished)),
        ("Tenant", run.tenant_id),
        ("Owner's mark", run.owner),
    ]
    rows = [(el("dt", word), el("dd", value)) for word, value in pairs if value]
    files = [
        el("tr", el("th", f"output {name}", scope="row"), el("td", el("code", value)))
        for name, value in outputs.items()
    ]
    read = [
        el("tr", el("th", f"input {name}", scope="row"), el("td", el("code", value)))
        for name, value in facts.digests.items()
    ]
    head = el("tr", [el("th", word, scope="col") for word in ("What", "SHA-256")])
    table = el("table", el("caption", "Digests"), el("thead", head), el("tbody", read, files))
    how = "Outputs: of the file. Inputs: of the JSON with sorted keys, without blanks, in ASCII. Times are in UTC."
    return _section(
        "evidence",
        "Evidence",
        el("dl", rows, class_="pairs small"),
        el("div", table, class_="wide"),
        el("p", how, class_="soft small"),
    )


def _footer(run: Run) -> Html:
    version = f" {run.version}" if run.version else ""
    return el("footer", f"Made by mailflow.exchange_online{version}. Nothing on this page is loaded from elsewhere.")

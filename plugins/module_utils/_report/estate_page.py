# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""One page for all tenants. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import moments
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.estate import (
    CHANGES,
    Estate,
    Tenant,
    as_csv,
    as_json,
    read_estate,
    summary,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.frame import document, skip_link
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.markup import Content, Html, el
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.pictures import states_picture
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.plain import Values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.text import counted, listed

#: How many partners of a tenant are named.
_NAMED = 12
#: On a narrow screen a row becomes a card, and each number has its heading above it.
_CSS = """
.est td{text-align:right;font-variant-numeric:tabular-nums}
.est thead th{text-align:right;vertical-align:bottom}.est thead th:first-child,.est td.why{text-align:left}
.est tbody th{width:34%;min-width:14rem}.est .bad,.est .held{color:var(--hue);font-weight:650}
.est tfoot th,.est tfoot td{font-weight:650;border-top:2px solid var(--soft)}
@media screen and (max-width:44rem){.est,.est caption,.est tbody,.est tfoot{display:block}
.est thead{position:absolute;left:-999em}
.est tr{display:grid;grid-template-columns:repeat(4,1fr);gap:.1rem .75rem;padding:.5rem 0;
border-top:1px solid var(--rule)}
.est th,.est td,.est tfoot th,.est tfoot td{border:0;padding:0;min-width:0;width:auto}
.est tbody th,.est tfoot th,.est .why{grid-column:1/-1;width:auto}.est td{text-align:left}
.est td[data-of]::before{content:attr(data-of);display:block;font-size:.8rem;font-weight:400;color:var(--soft)}}
""".strip()


class _Column(t.NamedTuple):
    heading: str
    counts: tuple[str, ...]
    colour: str = ""


_COLUMNS = (
    _Column("Partners", ("partners",)),
    _Column("Enforced", ("enforced",)),
    _Column("Held", ("held",)),
    _Column("To decide", ("decisions",), "bad"),
    _Column("Alerts", ("alerts",), "bad"),
    _Column("To change", CHANGES, "held"),
    _Column("Refused", ("refused",), "bad"),
    _Column("Failed", ("failed", "not_validated"), "bad"),
)


def make_estate_report(
    given: object, *, made_at: object = "", directory: str = "", version: str = "", check_mode: bool = False
) -> Values:
    """Return ``files`` by their names, and the ``summary``. Raises InputError; ``given`` is as for read_estate."""
    estate = read_estate(given, made_at=made_at, directory=directory, version=version)
    files = {"estate.html": estate_page(estate), "estate.json": as_json(estate), "estate.csv": as_csv(estate)}
    return {"files": files, "summary": summary(estate, check_mode=check_mode)}


def estate_page(estate: Estate) -> str:
    """The whole page."""
    title = f"Forced TLS: {counted(len(estate.tenants), 'tenant')}"
    main = el("main", _glance(estate), _attention(estate), _tenants(estate), id="main")
    skip = skip_link("Skip to the summary")
    return document(title, skip, _header(estate, title), main, _footer(estate), more_css=_CSS)


def _header(estate: Estate, title: str) -> Html:
    links = [el("li", el("a", word, href=f"#{name}")) for name, word in _SECTIONS.items()]
    return el(
        "header",
        el("h1", title),
        el("p", f"As of {moments.said(estate.made)}" if estate.made else None, class_="soft"),
        el("nav", el("ul", links), aria_label="Sections"),
    )


_SECTIONS = {"glance": "At a glance", "attention": "Needs attention", "tenants": "Tenants"}


def _section(name: str, heading: str, *content: Content) -> Html:
    return el("section", el("h2", heading, id=name), content, aria_labelledby=name)


def _glance(estate: Estate) -> Html:
    counts = estate.counts
    tiles: list[tuple[str, int, bool]] = [
        ("Tenants", len(estate.tenants), False),
        ("Tenants without a report", len(estate.silent), bool(estate.silent)),
        ("Tenants that need a decision", len(estate.deciding), bool(estate.deciding)),
        ("Connectors to create, change or delete", sum(counts[name] for name in CHANGES), False),
        ("Partners", counts["partners"], False),
        ("Enforced", counts["enforced"], False),
        ("Held", counts["held"], False),
        ("Partners that need a decision", counts["decisions"], counts["decisions"] > 0),
    ]
    shown = [el("div", el("dt", word), el("dd", value), class_="bad" if bad else None) for word, value, bad in tiles]
    picture: Content = None
    if counts["partners"]:
        heading = el("h3", "How the partners of all tenants stand")
        picture = el("div", heading, states_picture(counts), class_="panel")
    return _section("glance", "At a glance", el("dl", shown, class_="tiles"), picture)


def _attention(estate: Estate) -> Html:
    cases = [*(_silent(one) for one in estate.silent), *(_deciding(one) for one in estate.deciding)]
    calm = None if cases else el("p", "Nothing. Every tenant has a report, and none needs a decision.")
    return _section("attention", f"Needs attention first ({len(cases)})", cases, calm)


def _silent(tenant: Tenant) -> Html:
    pill = el("span", "no report" if tenant.counts is None else "not told in full", class_="pill bad")
    return el("div", el("h3", _named(tenant), " ", pill), el("p", tenant.problem), class_="case bad")


def _deciding(tenant: Tenant) -> Html:
    number = tenant.count("decisions")
    told = f"{number} of {counted(tenant.count('partners'), 'partner')}"
    names = f": {listed(tenant.deciding, _NAMED)}" if tenant.deciding else ""
    return el("div", el("h3", _named(tenant, "#decisions")), el("p", f"{told}{names}"), class_="case held")


def _named(tenant: Tenant, place: str = "") -> Content:
    return el("a", tenant.host, href=f"{tenant.link}{place}") if tenant.link else tenant.host


def _tenants(estate: Estate) -> Html:
    headings = [el("th", word, scope="col") for word in ("Tenant", *(column.heading for column in _COLUMNS))]
    caption = el("caption", "The tenants of this run", el("span", "; each links to its own report", class_="soft"))
    rows = [_row(one) for one in estate.tenants]
    sums = [_cell(column, sum(one.count(*column.counts) for one in estate.tenants)) for column in _COLUMNS]
    foot = el("tfoot", el("tr", el("th", "All of them", scope="row"), sums))
    table = el("table", caption, el("thead", el("tr", headings)), el("tbody", rows), foot, class_="est")
    return _section("tenants", "Tenants", el("div", table, class_="panel wide"))


def _row(tenant: Tenant) -> Html:
    name = el("th", _named(tenant), _identity(tenant), scope="row")
    if tenant.counts is None:
        pill = el("span", "no report", class_="pill bad")  # why is told above
        return el("tr", name, el("td", pill, colspan=len(_COLUMNS), class_="why"))
    return el("tr", name, [_cell(column, tenant.count(*column.counts)) for column in _COLUMNS])


def _identity(tenant: Tenant) -> Content:
    if tenant.tenant_id.casefold() in ("", tenant.host.casefold()):
        return None
    return [" ", el("span", tenant.tenant_id, class_="soft small")]


def _cell(column: _Column, value: int) -> Html:
    return el("td", value, class_=column.colour if value and column.colour else None, data_of=column.heading)


def _footer(estate: Estate) -> Html:
    version = f" {estate.version}" if estate.version else ""
    made = f"Made by mailflow.exchange_online{version}. Nothing on this page is loaded from elsewhere."
    return el("footer", "Tenants that were not part of the run are not on this page. ", made)

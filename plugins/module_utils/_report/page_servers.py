# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What was seen of a partner's servers, server by server. Pure."""

from __future__ import annotations

import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import moments, probes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.markup import Html, el
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.plain import Values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.text import listed

_VIA = {"mx": "MX", "implicit_mx": "by its address", "smart_host": "smart host"}
#: Less than so many days is worth a look.
_SOON = 30


def servers(looks: t.Sequence[Values], now: dt.datetime) -> Html:
    """A table for each domain that was looked at, and in it the servers that it led to."""
    if not looks:
        return Html("")
    seen: dict[str, str] = {}
    return Html(el("h4", "Their servers") + "".join(_look(each, now, seen) for each in looks))


def _look(look: Values, now: dt.datetime, seen: dict[str, str]) -> Html:
    caption = el("caption", look.get("domain"), el("span", f": {'; '.join(_policies(look))}", class_="soft"))
    hosts = look.get("hosts") or []
    if not hosts:
        return el("p", f"{look.get('domain')}: no server was found; {'; '.join(_policies(look))}.", class_="small")
    head = el("tr", [el("th", word, scope="col") for word in ("Certificate", "Issued by", "Valid until", "Days")])
    rows = [_host(each, now, seen) for each in hosts]
    return el("div", el("table", caption, el("thead", head), rows, class_="srv"), class_="wide")


def _policies(look: Values) -> t.Iterator[str]:
    yield f"seen {moments.said(moments.read(look.get('seen_at'))) or 'at an unknown time'}"
    yield f"sustains {look.get('sustains') or 'nothing that was judged'}"
    dane = (look.get("dane") or {}).get("status")
    yield f"DANE {dane}" if dane and dane != "none" else "no DANE"
    found = [each for each in look.get("mta_sts") or [] if each.get("status") != "none"]
    for each in found:
        yield f"MTA-STS {each.get('mode') or each.get('status')} ({each.get('domain')})"
    if not found:
        yield "no MTA-STS"
    if look.get("delivery") == "blocked":
        yield "delivery blocked"


def _host(host: Values, now: dt.datetime, seen: dict[str, str]) -> Html:
    name = probes.name_of(host)
    via = _VIA.get(str(host.get("via")), str(host.get("via") or ""))
    preference = f" {host.get('preference')}" if host.get("via") == "mx" else ""
    about = el("span", f" {host.get('address')}, {via}{preference}: {_spoken(host)}", class_="soft")
    rows = [el("tr", el("th", name, about, scope="rowgroup", colspan=4), class_="h")]
    chain = host.get("chain") or []
    first = str(chain[0].get("sha256") or "") if chain else ""
    if first and first in seen:
        rows.append(el("tr", el("td", f"The same certificate as {seen[first]}.", colspan=4)))
    else:
        seen[first] = name
        rows += [_certificate(each, now) for each in chain]
    return el("tbody", rows)


def _spoken(host: Values) -> str:
    if host.get("failure"):
        detail = host.get("failure_detail") or "no detail"
        return f"{host['failure']} at {host.get('failed_at')} ({detail}){_greeting(host)}"
    trust = host.get("trust") or {}
    words = [
        " ".join(str(each) for each in (host.get("protocol"), host.get("cipher")) if each) or "no TLS",
        f"sustains {host.get('sustains') or 'nothing that was judged'}",
    ]
    if trust and not trust.get("trusted"):
        words.append(f"not trusted: {trust.get('reason')}")
    if host.get("revocation") not in (None, "good", "not_checked", "not_named"):
        words.append(f"revocation {host['revocation']}")
    return "; ".join(words) + _greeting(host)


def _greeting(host: Values) -> str:
    """What it calls itself, unless that is its name."""
    text = str((host.get("banner") or {}).get("text") or "")
    expected = str(host.get("host") or "").casefold()
    return f"; greets with '{text[:120]}'" if text and not (expected and text.casefold().startswith(expected)) else ""


def _certificate(certificate: Values, now: dt.datetime) -> Html:
    until = moments.read(certificate.get("not_after"))
    left = moments.days(until, now) if until else None
    alarm = "num over" if left is not None and left < _SOON else "num"
    names = [name for name in certificate.get("names") or [] if name != certificate.get("common_name")]
    also = el("span", f" also {listed(names, 4)}", class_="soft") if names else None
    subject = certificate.get("common_name") or probes.common_name(certificate.get("subject"))
    return el(
        "tr",
        el("th", subject, also, scope="row"),
        el("td", probes.common_name(certificate.get("issuer"))),
        el("td", moments.day(until), class_="num"),
        el("td", _left(left), class_=alarm),
    )


def _left(days: int | None) -> str:
    if days is None:
        return "?"
    return f"{days}" if days >= 0 else f"{days} (expired)"

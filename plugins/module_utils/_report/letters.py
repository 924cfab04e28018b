# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The draft of a letter to a partner: what is enforced, from when, what was seen and what has to be done. Pure.

Nothing that is said inside the house only goes into it: no reason of a suspension, no description, no exception, no
name of a connector. What we do not know stands in brackets.
"""

from __future__ import annotations

import textwrap
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report import moments, probes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.model import Run, Told
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.plain import Values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.stages import DIRECTIONS
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.text import bare, counted, listed

#: By this a draft is known again, and taken away when the partner gets none any more.
FIRST_LINE = "DRAFT - read it, fill in the [brackets], and take this line off."

_WIDTH = 76
_MOST = 12  # domains and findings that are listed
_CHAIN = "TLS 1.2 or newer, with a valid certificate of a public authority and the whole chain that leads to it"
_LEVELS = {
    "encryption_only": "TLS 1.2 or newer, whatever the certificate",
    "certificate_validation": _CHAIN,
    "domain_validation": _CHAIN + ", and with the name {name} in the certificate",
}
#: Holds whose reason lies with the partner.
_THEIRS = ("probe", "validation")
_BETWEEN = "Mail between your organisation and ours"
_TELL = "Please tell us before names, certificates or servers change."


def letter(told: Told, run: Run) -> str | None:
    """Return the letter, or None for a partner that is gone, or whose TLS the list takes off and that is not done."""
    if told.status == "absent" or (told.status == "pending" and told.entry.get("state") != "enforced"):
        return None
    findings = [each for each in probes.findings(told.looks, "warning") if each.get("advice")]
    calm = _calm(told, findings)
    paragraphs = [f"Dear [postmaster] of {bare(told.name)},", _opening(told, run)]
    paragraphs += _facts(told, run) if not calm else [*_what(told)]
    paragraphs += [] if calm else [*_seen(told, findings), *_todo(told, run, findings)]
    paragraphs += [_closing(told, calm), _references(told), "Kind regards\n[name]"]
    return "\n\n".join([FIRST_LINE, _head(told), *(_wrapped(each) for each in paragraphs if each)]) + "\n"


def _calm(told: Told, findings: t.Sequence[Values]) -> bool:
    """In force, and nothing to say."""
    return told.status == "enforced" and not told.urgent and not findings


def _head(told: Told) -> str:
    domains = told.entry.get("domains") or ["[domain]"]
    more = " and others" if len(domains) > 1 else ""
    required = "TLS is required for" if _is_forced(told) else "TLS will be required for"
    words = "TLS is not required for now for" if told.status == "suspended" else required
    to = bare(told.entry.get("contact")) or "[address]"
    return f"To: {to}\nSubject: {words} mail with {bare(domains[0])}{more}"


def _is_forced(told: Told) -> bool:
    """Whether it is in force now, whatever is held of a change."""
    return told.status == "enforced" or all(told.forces(direction) for direction in DIRECTIONS)


def _opening(told: Told, run: Run) -> str:
    start = moments.read(told.entry.get("enforce_from"))
    if told.status == "enforced":
        return f"{_BETWEEN} travels over TLS or not at all. This is in force, in both directions."
    if told.status == "suspended":
        return (
            "For the time being we do not require TLS for mail between your organisation and ours; mail uses it where"
            " both sides can. We want to require it again, and will agree with you on the day."
        )
    if start and start > run.now:
        return f"From {moments.said(start)} on, {_BETWEEN.lower()} will travel over TLS or not at all, both ways."
    if told.status == "held" and (told.entry.get("held") or {}).get("reason") in _THEIRS:
        why = "because of what we saw of your servers."
        if _is_forced(told):
            return (
                f"{_BETWEEN} travels over TLS or not at all, in both directions. We want to ask for what is written"
                f" below, and have not switched that on, {why}"
            )
        return (
            f"We want {_BETWEEN.lower()} to travel over TLS or not at all, in both directions. We have not switched it"
            f" on, {why}"
        )
    return f"We want {_BETWEEN.lower()} to travel over TLS or not at all, in both directions, from [day] on."


def _what(told: Told) -> t.Iterator[str]:
    entry = told.entry
    domains = entry.get("domains") or []
    shown = [f"  {bare(domain)}" for domain in domains[:_MOST]]
    shown += [f"  and {len(domains) - _MOST} more"] if len(domains) > _MOST else []
    yield "It is about these domains:\n" + "\n".join(shown)
    level = _LEVELS.get(str(entry.get("level")), "TLS").format(name=bare(entry.get("certificate_name")) or "[name]")
    hosts = f" We hand it to {bare(listed(entry['smart_hosts']))}." if entry.get("smart_hosts") else ""
    once = "once it is required, " if told.status == "suspended" else ""
    yield f"Mail from us to you: {once}your servers must offer {level}.{hosts}"
    inbound = entry.get("inbound") or {}
    terms = [
        f"with a certificate for {bare(inbound['certificate_name'])}" if inbound.get("certificate_name") else "",
        f"from {bare(listed(inbound['ip_addresses']))}" if inbound.get("ip_addresses") else "",
    ]
    with_terms = " and ".join(filter(None, terms))
    yield f"Mail from you to us: {once}we accept it only over TLS{', ' if with_terms else ''}{with_terms}."


def _facts(told: Told, run: Run) -> t.Iterator[str]:
    """What they need to know of us."""
    yield from _what(told)
    yield (
        "Our mail leaves from Exchange Online, from servers whose names end in outbound.protection.outlook.com. Where"
        " a certificate is asked of them, and where you send to us, it is Microsoft's, for mail.protection.outlook.com;"
        " please take name and authority from a session, as Microsoft may change them."
    )
    if told.asks:
        sender = bare(run.default_domain) or "[our tenant's default domain]"
        yield (
            f"To see that it works, Exchange Online sends test mails from O365ConnectorValidation@{sender} with the"
            " subject 'Test email for connector validation'. Please let them through."
        )


def _seen(told: Told, findings: t.Sequence[Values]) -> t.Iterator[str]:
    if not told.looks:
        return
    when = min((seen for each in told.looks if (seen := moments.read(each.get("seen_at")))), default=None)
    hosts = list(dict.fromkeys(bare(probes.name_of(each)) for each in probes.hosts(told.looks)))
    at = f" on {moments.said(when)}" if when else ""
    verdict = {
        "ready": "What is written above is fulfilled.",
        "not_ready": "What is written above is not fulfilled.",
        "unreachable": "No connection could be made from where we looked, which may be due to us.",
    }.get(probes.verdict(told.entry, told.looks), "It could not be judged.")
    names = f"{'server' if len(hosts) == 1 else 'servers'} {listed(hosts, _MOST)}"
    yield f"We looked at your {names}{at}. {verdict}" if hosts else f"We found no servers of yours{at}."
    for number, each in enumerate(findings[:_MOST], 1):
        yield f"{number}. {bare(each.get('message'))}\n   {bare(each.get('advice'))}"
    if len(findings) > _MOST:
        yield f"There are {counted(len(findings) - _MOST, 'more point')}; we will gladly send them."


def _todo(told: Told, run: Run, findings: t.Sequence[Values]) -> t.Iterator[str]:
    errors = any(each.get("severity") == "error" for each in findings)
    start = moments.read(told.entry.get("enforce_from"))
    if errors and told.status == "enforced":
        yield "Please put this right as soon as you can: until then, mail to you waits and is returned after one day."
    elif errors and start and start > run.now:
        yield f"Please put this right before {moments.said(start)}."
    elif errors:
        yield "Please put this right, and tell us when it is done; we will look again and agree with you on a day."
    elif findings and probes.verdict(told.entry, told.looks) == "ready":
        yield "This does not stand in the way today, but please look into it."


def _closing(told: Told, calm: bool) -> str:
    if calm and probes.verdict(told.entry, told.looks) == "ready":
        return f"Your servers fulfil it as we see them; nothing has to be done. {_TELL}"
    if told.status in ("enforced", "suspended"):
        return _TELL
    return (
        "Where TLS cannot be had, mail will wait and be returned to its sender after one day. Please tell us before the"
        " day if something stands against it, and later before names, certificates or servers change."
    )


def _references(told: Told) -> str:
    return f"Our reference: {bare(told.entry['reference'])}" if told.entry.get("reference") else ""


def _wrapped(paragraph: str) -> str:
    return "\n".join(_line(line) for line in paragraph.split("\n"))


def _line(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip(" "))]
    hang = "   " if line[:1].isdigit() else indent
    return textwrap.fill(
        bare(line, 2000),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
    )

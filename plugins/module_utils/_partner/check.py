# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The whole partner list at once: every problem is named, or the list is good. Pure."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import normal
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import DIRECTIONS, Direction
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.entry import (
    Entry,
    read_defaults,
    read_partner,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Inbound, Outbound, Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import (
    DEFAULT_PREFIX,
    connector_name,
    part_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.pack import is_pack_name
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rows import Row, rows_of

#: Keys that are told to the partner as they are.
_PLAIN = ("state", "enforce_from", "reason", "until", "contact", "reference", "description", "exceptions")
#: States in which no connector has to know the certificate's name.
_WITHOUT_NAME = ("planned", "absent")
#: Names of certificates that a sentence lists.
_MOST_NAMES = 5

#: Key of a partner -> the certificate names that all its servers share. Who is not in it was not looked at.
Candidates = t.Mapping[str, t.Sequence[str]]


def check_partners(
    written: object,
    defaults: object = None,
    *,
    prefix: str | None = DEFAULT_PREFIX,
    candidates: Candidates | None = None,
    lenient_names: bool = False,
) -> list[Partner]:
    """Return the partners that ``written`` lists, what they leave out taken from ``defaults``.

    ``written`` is a list of domains and dictionaries, a text of domains with blanks, commas or line ends between
    them (a survey's answer), or the rows of a file. Raises :class:`InputError` with a sentence for each problem of
    the whole list; each names the entry (its position, counted from 1, or its line, and its name) and the remedy.

    ``prefix`` is what the names of our own connectors begin with, so that none of them is adopted (None: not known).
    ``candidates`` are the certificate names that a probe saw, by partner; they are told where a name is missing.
    ``lenient_names`` lets it be missing: before a probe nobody can know it.
    """
    general = read_defaults(defaults)
    rows = written if _are_rows(written) else rows_of(written)
    entries = [read_partner(row) for row in rows]
    partners = [_complete(entry, general) for entry in entries]
    if not lenient_names:
        _check_certificate_names(entries, partners, general, candidates or {})
    _check_names(entries, partners)
    _check_domains(entries, partners)
    _check_adopted(entries, partners, prefix)
    problems = [problem for entry in (general, *entries) for problem in entry.problems]
    if problems:
        raise InputError(problems)
    return partners


def _are_rows(written: object) -> t.TypeGuard[list[Row]]:
    return isinstance(written, list) and bool(written) and all(isinstance(item, Row) for item in written)


def _complete(entry: Entry, general: Entry) -> Partner:
    """Fill in what the entry leaves out, and check what must hold between its values."""
    found = {**general.given, **entry.given}
    broken = _broken(entry, general)
    domains: tuple[str, ...] = found.get("domains", ())
    name: str = found.get("name", domains[0] if domains else "")
    if not domains and "domains" not in broken and not (found.get("state") == "absent" and name):
        entry.complain("domains is missing or empty; list the partner's mail domains, for example [contoso.com]")
    _settle_certificate_name(entry, found, broken)
    _check_recipients(entry, found)
    _check_suspension(entry, found, broken)
    return Partner(
        name=name,
        domains=domains,
        outbound=Outbound(**_section(found, "outbound")),
        inbound=Inbound(**_section(found, "inbound")),
        **{key: found[key] for key in _PLAIN if key in found},
    )


def _broken(entry: Entry, general: Entry) -> set[str]:
    """The keys of which nobody knows what the entry was meant to say."""
    return entry.broken | (general.broken - entry.given.keys())


def _section(found: t.Mapping[str, t.Any], section: str) -> dict[str, t.Any]:
    return {key.partition(".")[2]: value for key, value in found.items() if key.startswith(f"{section}.")}


def _settle_certificate_name(entry: Entry, found: dict[str, t.Any], broken: t.Container[str]) -> None:
    """An outbound certificate name is for the level domain_validation alone."""
    if "outbound.level" in broken or "outbound.certificate_name" in broken:
        return
    level = found.get("outbound.level", Outbound.level)
    if level == "domain_validation":
        return
    if entry.given.get("outbound.certificate_name"):
        entry.complain(
            f"outbound.certificate_name '{found['outbound.certificate_name']}' is checked at level domain_validation"
            f" only, and the level is {level}; set outbound.level to domain_validation, or remove the name"
        )
    else:
        # A name from the defaults is for those entries that use it.
        found["outbound.certificate_name"] = ""


def _check_certificate_names(
    entries: t.Sequence[Entry], partners: t.Sequence[Partner], general: Entry, candidates: Candidates
) -> None:
    """The level domain_validation needs a name, as soon as anything is to stand in Exchange."""
    for entry, partner in zip(entries, partners, strict=True):
        side = partner.outbound
        if side.level != "domain_validation" or side.certificate_name or partner.state in _WITHOUT_NAME:
            continue
        if _broken(entry, general).isdisjoint(("state", "outbound.level", "outbound.certificate_name")):
            entry.complain(
                "outbound.level is domain_validation, but outbound.certificate_name is missing; "
                + _which_name(candidates.get(partner.key))
            )


def _which_name(seen: t.Sequence[str] | None) -> str:
    if seen is None:
        return "give the name in the partner's certificate, for example mail.contoso.com"
    if not seen:
        return (
            "ask the partner for the name in its certificates, because the probe saw none that all its servers share,"
            " or choose another level"
        )
    # A certificate is written by others: what cannot be printed is not passed on.
    shown = [values.shortened("".join(filter(str.isprintable, str(name)))) for name in seen]
    rest = f" and {len(shown) - _MOST_NAMES} more" if len(shown) > _MOST_NAMES else ""
    return (
        f"the certificates of its servers all carry {', '.join(shown[:_MOST_NAMES])}{rest}:"
        " give the one that the partner names"
    )


def _check_recipients(entry: Entry, found: t.Mapping[str, t.Any]) -> None:
    """Exchange validates a connector with addresses in its own domains only."""
    domains = found.get("domains", ())
    for address in found.get("outbound.validation_recipients", ()) if domains else ():
        if not normal.covered(address.rpartition("@")[2], domains):
            entry.complain(
                f"outbound.validation_recipients '{address}' is in none of the partner's domains; Exchange takes"
                " addresses in these domains only"
            )


def _check_suspension(entry: Entry, found: t.Mapping[str, t.Any], broken: t.Container[str]) -> None:
    """A suspension is an exception: somebody must be able to say why, and it must have an end."""
    if "state" in broken:
        return
    state = found.get("state", Partner.state)
    wanted = {
        "reason": "say why, for example a ticket or what the partner is mending",
        "until": "give the date on which it is to be looked at again, such as 2026-12-31",
    }
    for key, remedy in wanted.items():
        if state == "suspended" and not found.get(key) and key not in broken:
            entry.complain(f"state is suspended, but {key} is missing; {remedy}")
        elif state != "suspended" and found.get(key):
            entry.complain(
                f"{key} belongs to a suspension, and state is {state}; remove {key}, or set state to suspended"
            )


def _check_names(entries: t.Sequence[Entry], partners: t.Sequence[Partner]) -> None:
    first: dict[str, tuple[Entry, Partner]] = {}
    for entry, partner in zip(entries, partners, strict=True):
        if not partner.name:
            continue
        earlier, other = first.setdefault(partner.key, (entry, partner))
        if earlier is entry:
            continue
        if "name" not in entry.given and partner.name in other.domains and "absent" not in (partner.state, other.state):
            continue  # the one mistake is the domain that both list, and that is told below
        entry.complain(
            f"the name '{partner.name}' is already taken by {_place(earlier)}; give each partner a name of its own"
        )


def _check_domains(entries: t.Sequence[Entry], partners: t.Sequence[Partner]) -> None:
    """Exchange wants one connector for a domain. A partner that goes may leave its domains to another one."""
    first: dict[str, Entry] = {}
    for entry, partner in zip(entries, partners, strict=True):
        if partner.state == "absent":
            continue
        for domain in dict.fromkeys(partner.domains):
            earlier = first.setdefault(domain, entry)
            if earlier is not entry:
                entry.complain(f"the domain '{domain}' is already listed by {_place(earlier)}; keep it in one of them")
        for domain, times in collections.Counter(partner.domains).items():
            if times > 1:
                entry.complain(f"the domain '{domain}' is listed {times} times; once is enough")


def _check_adopted(entries: t.Sequence[Entry], partners: t.Sequence[Partner], prefix: str | None) -> None:
    """A connector belongs to one partner, and one that this list makes itself is not for anybody to adopt."""
    first: dict[tuple[Direction, str], Entry] = {}
    made: dict[tuple[Direction, int], dict[str, Entry]] = {}
    for entry, partner in zip(entries, partners, strict=True):
        for direction in DIRECTIONS:
            name = partner.outbound.adopt if direction == "outbound" else partner.inbound.adopt
            if not name:
                continue
            said = f"{direction}.adopt '{values.shortened(name)}'"
            earlier = first.setdefault((direction, name.casefold()), entry)
            if earlier is not entry:
                entry.complain(f"{said} is already adopted by {_place(earlier)}; a connector can be one partner's only")
            if prefix is None:
                continue
            if is_pack_name(prefix, direction, name):
                entry.complain(
                    f"{said} is the name of a connector that partners share; adopt one that stands by itself"
                )
            part = part_of(name) if direction == "inbound" else 1
            if (direction, part) not in made:
                made[direction, part] = _made(entries, partners, prefix, direction, part)
            maker = made[direction, part].get(name.casefold(), entry)
            if maker is not entry:
                entry.complain(f"{said} is the name of the connector of {_place(maker)}; leave it to that partner")


def _made(
    entries: t.Sequence[Entry], partners: t.Sequence[Partner], prefix: str, direction: Direction, part: int
) -> dict[str, Entry]:
    """Return who has which connector name, also that of a part that may be needed only some day."""
    return {
        connector_name(prefix, direction, partner.name, part).casefold(): entry
        for entry, partner in zip(entries, partners, strict=True)
        if partner.name
    }


def _place(entry: Entry) -> str:
    return entry.label[0].lower() + entry.label[1:]

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What is asked for, and what stands in Exchange -> what is to be validated, and why. Pure."""

from __future__ import annotations

import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import normal
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import domains_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.model import Request, Task
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.times import read_time

#: Recording a result changes the connector as well, a little after the time that is recorded, and by another clock.
OWN_CHANGE = dt.timedelta(minutes=5)


def read_requests(entries: t.Sequence[t.Mapping[str, t.Any]]) -> list[Request]:
    """Return the requests of validated module options. Raises InputError with a sentence for each problem."""
    requests: list[Request] = []
    problems: list[str] = []
    places: dict[str, int] = {}
    for place, entry in enumerate(entries):
        label = f"connectors[{place}] (outbound '{entry['name']}')"
        recipients, found = _read_recipients(entry.get("recipients"))
        problems += [f"{label}: recipients: {sentence}." for sentence in found]
        first = places.setdefault(str(entry["name"]).casefold(), place)
        if first != place:
            problems.append(f"{label}: connectors[{first}] has the same name; name each connector once.")
        requests.append(Request(str(entry["name"]), recipients))
    if problems:
        raise InputError(problems)
    return requests


def _read_recipients(given: t.Sequence[str] | None) -> tuple[tuple[str, ...] | None, list[str]]:
    if given is None:
        return None, []
    if not given:
        return None, ["the list is empty; give a mailbox at the partner that somebody reads"]
    addresses, problems = [], []
    for text in given:
        try:
            addresses.append(normal.mail_address(text))
        except ValueError as problem:
            problems.append(f"'{text}' {problem}")
    return normal.unique(addresses), problems


def make_tasks(
    requests: t.Sequence[Request],
    standing: t.Iterable[Connector],
    inbound: t.Collection[str],
    max_age: dt.timedelta,
    now: dt.datetime,
) -> list[Task]:
    """Return the tasks, in the order of the requests.

    ``standing`` are the outbound connectors, ``inbound`` the names, case-folded, of the others. Raises InputError with
    a sentence for each request that cannot be validated.
    """
    by_name = {connector.name.casefold(): connector for connector in standing}
    tasks: list[Task] = []
    problems: list[str] = []
    for request in requests:
        connector = by_name.get(request.name.casefold())
        if connector is None:
            problems.append(f"The {request.label} {_absent(request, inbound)}.")
            continue
        recipients = _recipients(request, connector)
        problem = _recipients_problem(recipients, connector)
        if problem:
            problems.append(f"The {request.label}: recipients: {problem}.")
        tasks.append(Task(connector, recipients, why_due(connector, max_age, now)))
    if problems:
        raise InputError(problems)
    return tasks


def _absent(request: Request, inbound: t.Collection[str]) -> str:
    if request.name.casefold() in inbound:
        return (
            "does not exist, an inbound one of that name does; Exchange validates outbound connectors only, so ask the"
            " partner for a test mail to prove the way in"
        )
    return "does not exist in this tenant; create it first, or correct the name"


def _recipients(request: Request, connector: Connector) -> tuple[str, ...]:
    if request.recipients is not None:
        return request.recipients
    stored = connector.settings.get("validation_recipients", ())
    return stored if isinstance(stored, tuple) else ()


def _recipients_problem(recipients: t.Sequence[str], connector: Connector) -> str:
    if not recipients:
        return (
            "none are given and none are stored with the connector; give a mailbox at the partner that somebody reads"
        )
    foreign = [address for address in recipients if not serves(connector, address.rpartition("@")[2])]
    if not foreign:
        return ""
    served = ", ".join(domains_of("outbound", connector.settings)[:5])
    return (
        f"{', '.join(foreign)} {'is' if len(foreign) == 1 else 'are'} outside the domains of the connector ({served});"
        " Exchange validates it with addresses in these domains only"
    )


def serves(connector: Connector, domain: str) -> bool:
    """Whether a test mail to this domain can go through the connector, as far as its settings tell.

    A connector for mail flow rules takes every address, and so does one for the accepted domains, which are not known
    here.
    """
    settings = connector.settings
    if settings.get("transport_rule_scoped") or settings.get("all_accepted_domains"):
        return True
    return normal.covered(domain, domains_of("outbound", settings))


def why_due(connector: Connector, max_age: dt.timedelta, now: dt.datetime) -> str:
    """Return why the connector is to be validated; an empty text where a recorded success is young enough."""
    when = read_time(connector.details.get("last_validation_timestamp"))
    if connector.details.get("is_validated") is not True:
        return "no success is recorded" if when is None else "the last validation is not recorded as a success"
    if when is None:
        return "a success is recorded without its time"
    if not max_age:
        return "max_age is 0"
    if when > now + OWN_CHANGE:
        return "the time of the recorded success lies in the future"
    if now - when > max_age:
        return "the recorded success is older than max_age"
    changed = read_time(connector.details.get("when_changed"))
    if changed is None or changed - when > OWN_CHANGE:
        return "the connector was changed since the recorded success"
    return ""

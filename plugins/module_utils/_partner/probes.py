# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Which servers the probe has to look at for a partner list, given what was seen before. Pure.

What is worked out is a LOOK, plain values that the tasks of the role hand on: ``partners`` (each with its targets and
the findings that an exception takes out), ``rounds`` (what the module is to look at, one call each), ``keys`` (of the
targets of each round), ``known`` (keys of results in the file that still count), ``write`` (whether the file has to be
written), ``began_at``, ``vantage`` and ``lines``. It is small: Ansible copies what it keeps many times.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime as dt
import hashlib
import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import times, values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.probe_store import (
    Seen,
    Store,
    read_store,
    still_kept,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._plain import plain
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.options import probe_options
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.times import read_age

Look = dict[str, t.Any]

#: Options of the module that change how long a look takes, and not what is seen.
_PACE = ("timeout", "deadline", "concurrency")


@dataclasses.dataclass(frozen=True)
class Target:
    """What the module is to look at. ``wildcard`` is the domain in whose place it is looked at, empty for itself."""

    options: dict[str, t.Any]
    wildcard: str = ""


@dataclasses.dataclass(frozen=True)
class Setting:
    """How the probe is run: ``vantage`` is the host it runs on, ``clock`` the time against which ages are told."""

    options: dict[str, t.Any]
    vantage: str
    max_age: dt.timedelta
    clock: dt.datetime


def targets_of(partner: Partner) -> list[Target]:
    """Return what has to be looked at to know the servers of a partner.

    With smart hosts all of its mail takes one route. A wildcard has no servers of its own: the domain above it is what
    comes nearest, and is looked at unless the partner lists it anyhow.
    """
    if partner.state == "absent":
        return []
    plain_ones = [domain for domain in partner.domains if not domain.startswith("*.")]
    if partner.outbound.smart_hosts:
        first = [*plain_ones, *(domain.removeprefix("*.") for domain in partner.domains)][:1]
        return [Target(_options(partner, domain)) for domain in first]
    wildcards = {domain.removeprefix("*."): domain for domain in partner.domains if domain.startswith("*.")}
    return [
        *(Target(_options(partner, domain)) for domain in plain_ones),
        *(
            Target(_options(partner, above), wildcard)
            for above, wildcard in wildcards.items()
            if above not in plain_ones
        ),
    ]


def _options(partner: Partner, domain: str) -> dict[str, t.Any]:
    side = partner.outbound
    given = {
        "smart_hosts": list(side.smart_hosts),
        "certificate_name": side.certificate_name,
        "smtp_dane_mode": side.smtp_dane_mode,
        "mta_sts_mode": side.mta_sts_mode,
    }
    return {"domain": domain, "level": side.level, **{key: value for key, value in given.items() if value}}


def read_setting(options: object, vantage: object, max_age: object, clock: object) -> Setting:
    """Return how the probe is run. Raises InputError with a sentence for each problem, in the role's terms."""
    problems: list[str] = []
    given: dict[str, t.Any] = {}
    if isinstance(options, collections.abc.Mapping):
        given = plain(options)
        problems += _unknown(given)
    elif options is not None:
        problems.append(
            f"forced_tls_probe_options is {values.kind_of(options)}; write a dictionary of options of partner_tls_info."
        )
    age, moment = dt.timedelta(), dt.datetime.now(dt.timezone.utc)
    try:
        age = read_age(str(max_age))
    except ValueError as problem:
        problems.append(f"forced_tls_probe_max_age: {problem}.")
    try:
        moment = moment if clock is None else times.moment(clock)
    except values.Wrong as wrong:
        problems += [f"The clock of the probe {problem}." for problem in wrong.problems]
    if problems:
        raise InputError(problems)
    return Setting(given, " ".join(str(vantage).split()), age, moment.replace(microsecond=0))


def _unknown(options: t.Mapping[str, object]) -> list[str]:
    accepted = [option for option in probe_options() if option != "partners"]
    return [
        f"forced_tls_probe_options: '{values.shortened(str(key))}' is not known"
        f"{values.did_you_mean(key, accepted)}; accepted are {', '.join(accepted)}."
        for key in options
        if key not in accepted
    ]


def look_at(
    partners: t.Iterable[Partner], now: dt.datetime, setting: Setting, store: object, path: object, present: bool
) -> Look:
    """Return the LOOK for these partners. ``store`` is the text of the file ``path``, if one is ``present``."""
    file = read_store(store, present)
    wanted: dict[str, Target] = {}
    listed = []
    for partner in partners:
        found = {_key(target, setting): target for target in targets_of(partner)}
        wanted.update(found)
        if found:
            listed.append(_partner(partner, found, now))
    known = {key: seen for key, seen in file.entries.items() if key in wanted and _counts(seen, wanted[key], setting)}
    others = {key: seen for key, seen in file.entries.items() if key not in wanted and still_kept(seen, setting.clock)}
    rounds = _rounds({key: target for key, target in wanted.items() if key not in known})
    unchanged = len(known) + len(others) == len(file.entries) and not rounds and not file.trouble
    in_use = all(seen.used_on == setting.clock.date() for seen in known.values())
    return {
        "partners": listed,
        "keys": [[key for key, _target in one] for one in rounds],
        "rounds": [[target.options for _key, target in one] for one in rounds],
        "known": list(known),
        "write": file.ours and not (unchanged and in_use),
        "began_at": times.iso(setting.clock),
        "vantage": setting.vantage,
        "lines": _told(file, path),
    }


def _partner(partner: Partner, found: t.Mapping[str, Target], now: dt.datetime) -> dict[str, t.Any]:
    return {
        "key": partner.key,
        "name": partner.name,
        "targets": [{"key": key, "wildcard": target.wildcard} for key, target in found.items()],
        "waive": sorted({one.finding for one in partner.exceptions if one.until > now}),
    }


def _told(file: Store, path: object) -> list[str]:
    if not file.trouble:
        return []
    remedy = "" if file.ours else "; it is left as it is, so remove it, or give another path in forced_tls_probe_file"
    return [f"Results of earlier probes in '{path}' do not count, as it {file.trouble}{remedy}."]


def _counts(seen: Seen, target: Target, setting: Setting) -> bool:
    same = all(seen.item.get(key) == target.options[key] for key in ("domain", "level"))
    return same and seen.fresh(setting.clock, setting.max_age)


def _key(target: Target, setting: Setting) -> str:
    """A look answers for the same target with the same options from the same place, and for nothing else."""
    judged_by = {key: value for key, value in setting.options.items() if key not in _PACE and value is not None}
    whole = json.dumps([target.options, judged_by, setting.vantage], sort_keys=True, default=str)
    return hashlib.sha256(whole.encode("utf-8")).hexdigest()[:24]


def _rounds(wanted: t.Mapping[str, Target]) -> list[list[tuple[str, Target]]]:
    """Spread targets over calls of the module, which takes each domain once.

    That is one call, but for a wildcard of one partner below the domain of another one.
    """
    rounds: list[dict[str, tuple[str, Target]]] = []
    for key, target in wanted.items():
        domain = target.options["domain"]
        for one in rounds:
            if domain not in one:
                one[domain] = (key, target)
                break
        else:
            rounds.append({domain: (key, target)})
    return [list(one.values()) for one in rounds]

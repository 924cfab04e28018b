# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The options of ``partner_tls_info``: what they may be, and what they mean. Pure."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import normal
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import LEVELS, Settings, Target

Options = dict[str, dict[str, t.Any]]

#: Smallest and largest value of the numbers.
LIMITS: t.Mapping[str, tuple[int, int]] = {
    "port": (1, 65535),
    "policy_port": (1, 65535),
    "timeout": (1, 300),
    "deadline": (1, 86400),
    "concurrency": (1, 256),
    "expiry_warning_days": (0, 3650),
}

_RESOLVER = re.compile(r"(?:\[(?P<bracketed>[^\]]+)\]|(?P<plain>[^:\[\]]+))(?::(?P<port>[0-9]{1,5}))?")


def partner_options() -> Options:
    """The options of one partner."""
    return {
        "domain": {"type": "str", "required": True},
        "smart_hosts": {"type": "list", "elements": "str"},
        "level": {"type": "str", "choices": list(LEVELS[1:]), "default": Target.level},
        "certificate_name": {"type": "str"},
        "smtp_dane_mode": {
            "type": "str",
            "choices": ["opportunistic", "mandatory", "none"],
            "default": Target.smtp_dane_mode,
        },
        "mta_sts_mode": {"type": "str", "choices": ["opportunistic", "none"], "default": Target.mta_sts_mode},
    }


def probe_options() -> Options:
    """The options of the module."""
    defaults = Settings()
    return {
        "partners": {"type": "list", "elements": "dict", "required": True, "options": partner_options()},
        "resolvers": {"type": "list", "elements": "str"},
        "trust_ad": {"type": "bool"},
        "port": {"type": "int", "default": defaults.port},
        "policy_port": {"type": "int", "default": defaults.policy_port},
        "helo_name": {"type": "str"},
        "timeout": {"type": "int", "default": int(defaults.timeout)},
        "deadline": {"type": "int", "default": int(defaults.deadline)},
        "concurrency": {"type": "int", "default": defaults.concurrency},
        "ca_path": {"type": "path"},
        "expiry_warning_days": {"type": "int", "default": defaults.expiry_warning_days},
        "check_revocation": {"type": "bool", "default": defaults.check_revocation},
        "allow_private": {"type": "bool", "default": defaults.allow_private},
    }


def read_options(options: t.Mapping[str, t.Any]) -> tuple[tuple[Target, ...], Settings]:
    """Return what is asked and how to go about it. Raises InputError with a sentence for each problem of the whole."""
    problems = _number_problems(options)
    resolvers = _read_all("resolvers", options.get("resolvers") or (), _resolver, problems)
    helo_name = _read("helo_name", options.get("helo_name") or "", _helo_name, problems)
    targets = [
        _target(position, entry, problems) for position, entry in enumerate(options.get("partners") or (), start=1)
    ]
    _check_twice(targets, problems)
    if problems:
        raise InputError(problems)
    numbers = {name: options[name] for name in (*LIMITS, "check_revocation", "allow_private", "trust_ad")}
    settings = Settings(
        resolvers=tuple(resolvers),
        helo_name=helo_name or "",
        ca_path=options.get("ca_path") or "",
        **numbers,
    )
    return tuple(targets), settings


def _number_problems(options: t.Mapping[str, t.Any]) -> list[str]:
    problems = [
        f"{name}: {options[name]} is out of range; give {least} to {most}."
        for name, (least, most) in LIMITS.items()
        if not least <= options[name] <= most
    ]
    if not problems and options["deadline"] < options["timeout"]:
        problems.append(
            f"deadline: {options['deadline']} seconds for the whole run are less than the timeout of"
            f" {options['timeout']} seconds for a single step; raise deadline or lower timeout."
        )
    return problems


def _target(position: int, entry: t.Mapping[str, t.Any], problems: list[str]) -> Target:
    label = f"partners: entry {position}"
    domain = _read(f"{label}: domain", entry["domain"], _domain, problems) or ""
    if domain:
        label += f" ({domain})"
    certificate_name = entry.get("certificate_name") or ""
    return Target(
        domain=domain,
        smart_hosts=tuple(
            _read_all(f"{label}: smart_hosts", entry.get("smart_hosts") or (), normal.smart_host, problems)
        ),
        level=entry["level"],
        certificate_name=_read(f"{label}: certificate_name", certificate_name, normal.certificate_name, problems) or "",
        smtp_dane_mode=entry["smtp_dane_mode"],
        mta_sts_mode=entry["mta_sts_mode"],
    )


def _check_twice(targets: t.Sequence[Target], problems: list[str]) -> None:
    """One verdict for a domain: two entries would have to be told apart by those who use the result."""
    first: dict[str, int] = {}
    for position, target in enumerate(targets, start=1):
        if target.domain and first.setdefault(target.domain, position) != position:
            problems.append(
                f"partners: entry {position}: the domain '{target.domain}' is already in entry"
                f" {first[target.domain]}; list it once."
            )


def _domain(text: str) -> str:
    if text.strip().startswith("*."):
        raise ValueError("stands for many domains, and no mail server is known for it; give one of the domains")
    return normal.domain(text)


def _helo_name(text: str) -> str:
    name = text.strip()
    if name.startswith("[") and name.endswith("]"):
        ipaddress.ip_address(name[1:-1].removeprefix("IPv6:"))
        return name
    return normal.domain(name) if name else ""


def _resolver(text: str) -> tuple[str, int]:
    """An address, with a port where it is not 53: ``192.0.2.53``, ``192.0.2.53:5353``, ``[2001:db8::53]:5353``."""
    name = text.strip()
    try:
        return str(ipaddress.ip_address(name)), 53
    except ValueError:
        match = _RESOLVER.fullmatch(name)
    port = int(match["port"] or 53) if match else 0
    if match is None or not 1 <= port <= 65535:
        raise ValueError("is not the address of a resolver; give for example 192.0.2.53 or [2001:db8::53]:5353")
    try:
        return str(ipaddress.ip_address(match["bracketed"] or match["plain"])), port
    except ValueError:
        raise ValueError("is a name; give the resolver's address, for example 192.0.2.53") from None


_T = t.TypeVar("_T")


def _read(option: str, text: str, reader: t.Callable[[str], _T], problems: list[str]) -> _T | None:
    try:
        return reader(text)
    except ValueError as problem:
        sentence = str(problem)
        remedy = "" if ";" in sentence else "; mend it or remove the entry"
        problems.append(f"{option}: '{_shortened(text)}' {sentence}{remedy}.")
        return None


def _read_all(option: str, texts: t.Iterable[str], reader: t.Callable[[str], _T], problems: list[str]) -> list[_T]:
    read = [_read(option, text, reader, problems) for text in texts]
    return [value for value in read if value is not None]


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"

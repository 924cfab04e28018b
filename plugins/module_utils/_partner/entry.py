# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""One entry of the partner list, or the defaults of all: from YAML to checked values.

THE table of what an entry may say is :data:`KEYS`; the role's argument specification and the documentation are
compared with it by a test.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import fields, normal, rules
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import times, values
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.exemptions import exemptions
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import LEVELS, STATES
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rows import Row

_DOMAIN = "write a domain such as contoso.com or *.contoso.com"
_CERTIFICATE = "write the name in the partner's certificate, such as mail.contoso.com or *.contoso.com"
_SMART_HOST = "write a host name such as mail.contoso.com, or an IP address"
_ADDRESS = "write a mailbox at the partner that somebody reads, such as postmaster@contoso.com"
_NETWORK = "write an address such as 192.0.2.10 or a network such as 192.0.2.0/24"


def _as_connector(option: str) -> values.Read:
    return values.choice(*fields.BY_OPTION[option].kind.argument["choices"])


def _connector_name(value: object) -> str:
    """The name of a connector as it stands in Exchange, character by character. Empty is none."""
    text = values.as_text(value)
    problem = rules.name_problem(text) if text else None
    if problem is not None:
        raise values.Wrong(f"'{values.shortened(text)}': {problem.removesuffix('.')}")
    return text


#: Key, with its section in front -> how its value is read.
KEYS: dict[str, values.Read] = {
    "name": values.name,
    "domains": values.several(values.partner_domain, _DOMAIN),
    "state": values.choice(*STATES),
    "enforce_from": times.moment,
    "reason": values.line,
    "until": times.moment,
    "outbound.level": values.choice(*LEVELS),
    "outbound.certificate_name": values.single(normal.certificate_name, _CERTIFICATE),
    "outbound.smart_hosts": values.several(normal.smart_host, _SMART_HOST),
    "outbound.smtp_dane_mode": _as_connector("smtp_dane_mode"),
    "outbound.mta_sts_mode": _as_connector("mta_sts_mode"),
    "outbound.validation_recipients": values.several(normal.mail_address, _ADDRESS),
    "outbound.adopt": _connector_name,
    "inbound.certificate_name": values.single(normal.certificate_name, _CERTIFICATE),
    "inbound.ip_addresses": values.several(normal.sender_network, _NETWORK),
    "inbound.adopt": _connector_name,
    "contact": values.line,
    "reference": values.line,
    "description": values.paragraph,
    "exceptions": exemptions,
}
#: A key without its section -> where it belongs, in words.
_PLACES: dict[str, str] = {}
for _key in KEYS:
    _section, _dot, _bare = _key.rpartition(".")
    _place = f"{_bare} below {_section}" if _section else _bare
    _PLACES[_bare] = f"{_PLACES[_bare]} or {_section}" if _bare in _PLACES else _place

#: What only one partner can have.
OWN_KEYS = ("name", "domains", "reason", "until", "outbound.adopt", "inbound.adopt", "exceptions")
SECTIONS = ("outbound", "inbound")
_OF_ONE = "the key '{}' can only be one partner's; write it in that partner's own entry"


@dataclasses.dataclass
class Entry:
    """What an entry says. A key that cannot be used as written is in ``broken``; what is good of it is in ``given``.

    ``words`` are the names by which the user knows keys.
    """

    label: str
    given: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    broken: set[str] = dataclasses.field(default_factory=set)
    problems: list[str] = dataclasses.field(default_factory=list)
    words: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    def complain(self, sentence: str) -> None:
        """Note what is wrong; ``sentence`` has no full stop."""
        for key, word in self.words.items():
            sentence = sentence.replace(key, word)
        self.problems.append(f"{self.label}: {sentence}.")


def read_partner(row: Row) -> Entry:
    """Read one entry, short (a domain) or full (a dictionary)."""
    written = row.written
    entry = Entry(_label(row.place, written), words=row.words)
    for problem in row.problems:
        entry.complain(problem)
    if isinstance(written, str):
        _read_keys(entry, {"domains": [written]})
    elif isinstance(written, collections.abc.Mapping):
        _read_keys(entry, _flat(entry, written))
    else:
        entry.complain(f"the entry is {values.kind_of(written)}; write a domain, or a dictionary with name and domains")
        entry.broken.update(KEYS)
    return entry


def read_defaults(written: object) -> Entry:
    """Read what applies to every entry that does not say otherwise."""
    entry = Entry("Defaults")
    if isinstance(written, collections.abc.Mapping):
        _read_keys(entry, _flat(entry, written, barred=OWN_KEYS))
    elif written is not None:
        entry.complain(f"they are {values.kind_of(written)}; write a dictionary with the keys of a partner")
    return entry


def _label(place: str, written: object) -> str:
    named: object = written
    if isinstance(written, collections.abc.Mapping):
        named = written.get("name") or written.get("domains")
        if isinstance(named, collections.abc.Sequence) and not isinstance(named, str):
            named = named[0] if named else None
    text = values.shortened(" ".join(named.split())) if isinstance(named, str) else ""
    return f"{place} ({text})" if text else place


def _read_keys(entry: Entry, written: t.Mapping[str, object]) -> None:
    for key, value in written.items():
        if value is None:  # as in Ansible's own options, null is the same as leaving out
            continue
        try:
            entry.given[key] = KEYS[key](value)
        except values.Wrong as wrong:
            entry.broken.add(key)
            if wrong.usable:
                entry.given[key] = wrong.usable
            for problem in wrong.problems:
                entry.complain(f"{key} {problem}")


def _flat(entry: Entry, written: t.Mapping[object, object], barred: t.Sequence[str] = ()) -> dict[str, object]:
    """Return the known keys with their section in front. ``barred`` are those that have no place here."""
    allowed = [key for key in _top_keys() if key not in barred]
    found: dict[str, object] = {}
    for key, value in written.items():
        if key not in allowed:
            entry.complain(_OF_ONE.format(key) if key in barred else _unknown(key, "", allowed))
        elif key not in SECTIONS:
            found[str(key)] = value
        elif isinstance(value, collections.abc.Mapping):
            found.update(_flat_section(entry, str(key), value, barred))
        elif value is not None:
            entry.complain(f"{key} is {values.kind_of(value)}; write a dictionary with {_list(_allowed(key, barred))}")
            entry.broken.update(name for name in KEYS if name.startswith(f"{key}."))
    return found


def _flat_section(
    entry: Entry, section: str, written: t.Mapping[object, object], barred: t.Sequence[str]
) -> t.Iterator[tuple[str, object]]:
    allowed = _allowed(section, barred)
    for key, value in written.items():
        whole = f"{section}.{key}"
        if key in allowed:
            yield whole, value
        else:
            entry.complain(_OF_ONE.format(whole) if whole in barred else _unknown(key, f" below {section}", allowed))


def _unknown(key: object, where: str, allowed: t.Sequence[str]) -> str:
    hint = values.did_you_mean(key, allowed) or values.did_you_mean(key, _PLACES, said=_PLACES)
    return f"the key '{values.shortened(str(key))}' is not known{where}{hint}; accepted are {_list(allowed)}"


def _top_keys() -> list[str]:
    return list(dict.fromkeys(key.partition(".")[0] for key in KEYS))


def _allowed(section: object, barred: t.Sequence[str]) -> list[str]:
    return [key.partition(".")[2] for key in KEYS if key.startswith(f"{section}.") and key not in barred]


def _list(words: t.Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The requests of a qualification that write, in their order, all of them about throw-away connectors."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import (
    PREFIX,
    RECIPIENTS,
    RESERVED,
    Seen,
    Step,
    always,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Call

_OUT, _IN = "OutboundConnector", "InboundConnector"
DOMAIN = f"q-{{run}}.{RESERVED}"
#: An address and networks for documentation (RFC 5737, RFC 3849).
HOST = "192.0.2.1"
#: Documentation's "an untyped list of nothing": the other way in which clients empty a list.
HASHTABLE = {"@odata.type": "#Exchange.GenericHashTable"}
LONG = [f"{'a' * 40}{number}.{DOMAIN}" for number in range(50)]
_When = t.Callable[[Seen], bool]


def _done(key: str) -> _When:
    return lambda seen: key in seen and seen[key].done


def _not_done(key: str) -> _When:
    return lambda seen: key in seen and not seen[key].done


def _new(key: str, noun: str, name: str, when: _When = always, **parameters: object) -> Step:
    return Step(key, (Call(f"New-{noun}", {"Name": name, "Enabled": False, **parameters}),), when=when)


def _new_out(key: str, name: str, when: _When = always, **parameters: object) -> Step:
    return _new(key, _OUT, name, when, **{"IsTransportRuleScoped": True, **parameters})


def _step(key: str, direction: str, given: t.Mapping[str, object], when: _When = always, pause: float = 0.0) -> Step:
    call = Call(f"Set-{_OUT}", {"Identity": "{outbound_id}", **given})
    if direction == _IN:
        call = Call(f"Set-{_IN}", {"Identity": "{inbound_id}", **given})
    return Step(key, (call,), when=when, pause=pause)


def _set(key: str, when: _When = always, **parameters: object) -> Step:
    return _step(key, _OUT, parameters, when)


def _set_in(key: str, when: _When = always, **parameters: object) -> Step:
    return _step(key, _IN, parameters, when)


def _get(key: str, when: _When = always) -> Step:
    """The rule-scoped ones, in either reading of the filters."""
    return Step(key, (Call(f"Get-{_OUT}", {"IsTransportRuleScoped": True}),), when=when)


def _get_in(key: str) -> Step:
    return Step(key, (Call(f"Get-{_IN}", {"Identity": "{inbound_id}"}),))


def _try(key: str, **parameters: object) -> tuple[Step, Step]:
    """A Set, and what is there after it."""
    return _step(key, _OUT, parameters), _get(f"{key}.read")


def _try_in(key: str, **parameters: object) -> tuple[Step, Step]:
    return _step(key, _IN, parameters), _get_in(f"{key}.read")


#: Created first, with as little as can be said, so that the defaults show.
CREATE: tuple[Step, ...] = (
    _new_out("new", "{outbound}"),
    _new_out("new.full", "{outbound}", _not_done("new"), ConnectorType="Partner", RecipientDomains=[DOMAIN]),
)
#: Asked until it shows.
FRESH = _get("fresh")
#: Asked while it does not show.
UNSEEN: tuple[Step, ...] = (
    _set("fresh.by_guid", Comment="seen by its Guid"),
    Step("fresh.by_name", (Call(f"Set-{_OUT}", {"Identity": "{outbound}", "Comment": "seen by its name"}),)),
)
MORE: tuple[Step, ...] = (
    _new("scopeless", _OUT, "{second}"),
    Step(
        "second.scope",
        (Call(f"Set-{_OUT}", {"Identity": "{second}", "IsTransportRuleScoped": True}),),
        when=_done("scopeless"),
    ),
    _new_out("second", "{second}", _not_done("scopeless")),
    _new_out("twice", "{outbound}"),
)


def _hosts_gone(seen: Seen) -> bool:
    mine = seen["mx_again.read"].own("out") if "mx_again.read" in seen else None
    return mine is not None and not mine.get("SmartHosts")


_WRITING: tuple[Step, ...] = (
    *_try("partner", ConnectorType="Partner"),
    *_try("comment", Comment="one"),
    _step("same", _OUT, {"Comment": "one"}, pause=1.2),  # WhenChanged has whole seconds
    _get("same.read"),
    _set("validated", IsValidated=True),
    *_try("after", Comment="two"),
)
_DOMAINS: tuple[Step, ...] = (
    *_try("case", RecipientDomains=[f"Q-{{run}}.{RESERVED.title()}"]),
    *_try("dot", RecipientDomains=[f"dot.{DOMAIN}."]),
    *_try("idn", RecipientDomains=[f"b\u00fccher.{DOMAIN}"]),
    *_try("list", RecipientDomains=[f"a.{DOMAIN}", f"a.{DOMAIN}"]),
    _set("long", RecipientDomains=LONG),
)
_ROUTES: tuple[Step, ...] = (
    _set("no_hosts", UseMXRecord=False),
    _set("no_hosts.back", UseMXRecord=True, when=_done("no_hosts")),
    *_try("hosts_alone", SmartHosts=[HOST]),
    *_try("hosts", UseMXRecord=False, SmartHosts=[HOST]),
    *_try("mx_again", UseMXRecord=True),
    _set("hosts_again", _hosts_gone, SmartHosts=[HOST]),
    _get("hosts_again.read", _hosts_gone),
    _set("mx_off", UseMXRecord=False),
    *_try("host_range", UseMXRecord=False, SmartHosts=["192.0.2.1/25"]),
    _set("hosts_back", UseMXRecord=True),
)
_LEVELS: tuple[Step, ...] = (
    _set("no_name", TlsSettings="DomainValidation"),
    _set("name", TlsSettings="DomainValidation", TlsDomain=f"mail.{DOMAIN}"),
    *_try("level", TlsSettings="CertificateValidation"),
    _set("name_only", TlsSettings="EncryptionOnly", TlsDomain=f"mail.{DOMAIN}"),
)


def _clearing(parameter: str, value: object, forms: t.Mapping[str, object]) -> t.Iterator[Step]:
    for form, cleared in forms.items():
        key = f"clear.{parameter}.{form}"
        yield _step(f"{key}.fill", _OUT, {parameter: value})
        yield _get(f"{key}.before")
        yield _step(key, _OUT, {parameter: cleared})
        yield _get(f"{key}.read")


SCALAR_FORMS: t.Mapping[str, object] = {"null": None, "empty_string": ""}
LIST_FORMS: t.Mapping[str, object] = {"empty_array": [], "null": None, "empty_hashtable": HASHTABLE}
_CLEARING: tuple[Step, ...] = (
    *_clearing("TlsSettings", "EncryptionOnly", SCALAR_FORMS),
    *_clearing("RecipientDomains", [DOMAIN], LIST_FORMS),
)
_FILTERS: tuple[Step, ...] = (
    Step("filter", (Call(f"Get-{_OUT}", {"Identity": "{outbound_id}", "IsTransportRuleScoped": False}),)),
    _set("test_mode", TestMode=True),
    _get("test_mode.scoped"),
    Step(
        "test_mode.both",
        (Call(f"Get-{_OUT}", {"IsTransportRuleScoped": True, "IncludeTestModeConnectors": True}),),
    ),
    _set("test_mode.back", TestMode=False),
)

#: Its test mail is asked for by whoever names a recipient.
VALIDATION = Step(
    "validate", (Call("Validate-OutboundConnector", {"Identity": "{outbound_id}", "Recipients": RECIPIENTS}),)
)
OUTBOUND: tuple[Step, ...] = (*_WRITING, *_DOMAINS, *_ROUTES, *_LEVELS, *_CLEARING, *_FILTERS)

INBOUND_CREATE: tuple[Step, ...] = (
    _new("new_in", _IN, "{inbound}", SenderDomains=[DOMAIN]),
    # Where a partner connector has to restrict something, and RequireTls is not set by itself.
    _new(
        "new_in.named",
        _IN,
        "{inbound} 2",
        _not_done("new_in"),
        SenderDomains=[DOMAIN],
        TlsSenderCertificateName=f"mail.{DOMAIN}",
    ),
    Step("new_in.named.read", (Call(f"Get-{_IN}", {"Identity": "{inbound} 2"}),), when=_done("new_in.named")),
    _new(
        "new_in.full",
        _IN,
        "{inbound}",
        _not_done("new_in"),
        SenderDomains=[DOMAIN],
        RequireTls=True,
        ConnectorType="Partner",
    ),
)
INBOUND: tuple[Step, ...] = (
    _get_in("new_in.read"),
    _new("same_name", _IN, "{outbound}", SenderDomains=[DOMAIN], RequireTls=True),
    _set_in("partner_in", ConnectorType="Partner", RequireTls=True),
    *_try_in("no_addresses", RestrictDomainsToIPAddresses=True),
    _set_in("no_addresses.back", _done("no_addresses"), RestrictDomainsToIPAddresses=False),
    _set_in("no_certificate", RestrictDomainsToCertificate=True),
    _set_in("no_certificate.back", _done("no_certificate"), RestrictDomainsToCertificate=False),
    _set_in("nothing", RequireTls=False),
    _set_in("nothing.back", _done("nothing"), RequireTls=True),
    _set_in(
        "two",
        RestrictDomainsToIPAddresses=True,
        SenderIPAddresses=[HOST],
        RestrictDomainsToCertificate=True,
        TlsSenderCertificateName=f"mail.{DOMAIN}",
    ),
    _set_in("two.back", _done("two"), RestrictDomainsToIPAddresses=False, RestrictDomainsToCertificate=False),
    *_try_in("addresses", SenderIPAddresses=["192.0.2.77/25", f"{HOST}/32"]),
    _set_in("address_v6", SenderIPAddresses=["2001:db8::1"]),
    _set_in("address_wide", SenderIPAddresses=["192.0.2.0/23"]),
    _set_in("long_name", Name=f"{PREFIX} {{run}} in {'n' * (65 - len(f'{PREFIX} 12345678 in '))}"),
)

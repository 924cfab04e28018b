# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which form the items of a list are kept: decoration, case, dots, duplicates, host bits."""

from __future__ import annotations

import ipaddress
import typing as t

from .convert import Edit
from .errors import rule_broken
from .evidence import cite
from .parameters import Kind, Parameter
from .syntax import undecorated

if t.TYPE_CHECKING:
    from ..switches import Switches


def decorated(domain: str) -> str:
    """A sender domain as the directory stores it, ``smtp:contoso.com;1``, whatever form it came in."""
    parts = undecorated(domain)
    return f"smtp:{parts[0]};{parts[1]}" if parts else f"smtp:{domain};1"


def _a_label(domain: str) -> str:
    if domain.isascii():
        return domain
    return domain.encode("idna").decode("ascii")


def _domain(text: str, switches: Switches) -> str:
    if switches["domain_case"] == "lower":
        text = text.lower()
    if text.endswith("."):
        text = _trailing_dot(text, switches)
    if not text.isascii():
        text = _idn(text, switches)
    return text


def _trailing_dot(text: str, switches: Switches) -> str:
    if switches["trailing_dot"] == "refused":
        raise rule_broken(f"'{text}' isn't a valid SMTP domain.", cite("store.trailing-dot"))
    return text.rstrip(".") if switches["trailing_dot"] == "dropped" else text


def _idn(text: str, switches: Switches) -> str:
    if switches["idn"] == "refused":
        raise rule_broken(f"'{text}' isn't a valid SMTP domain.", cite("store.idn"))
    return _a_label(text) if switches["idn"] == "a_label" else text


def _sender_domain(text: str, switches: Switches) -> str:
    domain, cost = undecorated(text) or (text, "1")
    return f"smtp:{_domain(domain, switches)};{cost}"


def _address_range(text: str, switches: Switches) -> str:
    if switches["cidr_form"] == "as_sent":
        return text
    network = ipaddress.IPv4Network(text, strict=False)
    return str(network.network_address) if network.prefixlen == 32 else str(network)


_FORMS: dict[str, t.Callable[[str, Switches], str]] = {
    "recipient_domain": _domain,
    "domain_pattern": _domain,
    "certificate": lambda text, switches: text if text.lower().startswith("<i>") else _domain(text, switches),
    "sender_domain": _sender_domain,
    "smart_host": lambda text, switches: text[1:-1] if text.startswith("[") and text.endswith("]") else text,
    "ipv4_range": _address_range,
}


def _unique(items: t.Iterable[str], switches: Switches) -> list[str]:
    seen: dict[str, str] = {}
    kept = []
    for item in items:
        if item.lower() in seen and switches["list_duplicates"] == "refused":
            raise rule_broken(f"The value '{item}' is already present in the collection.", cite("store.duplicates"))
        if item.lower() not in seen or switches["list_duplicates"] == "kept":
            kept.append(item)
        seen[item.lower()] = item
    return kept


def stored(parameter: Parameter, value: object, current: object, switches: Switches) -> object:
    """The value as the record keeps it; ``current`` is the list that an Add/Remove edits."""
    form = _FORMS.get(parameter.item or "")
    if parameter.kind is not Kind.LIST:
        return form(value, switches) if form and isinstance(value, str) else value
    if isinstance(value, Edit):
        return _edited(value, t.cast("list[str]", current or []), form, switches)
    items = t.cast("list[str]", value)
    return _unique((form(item, switches) for item in items) if form else items, switches)


def _edited(
    edit: Edit, current: list[str], form: t.Callable[[str, Switches], str] | None, switches: Switches
) -> list[str]:
    """Add/Remove on a stored list: adding what is there and removing what is not are both without effect."""
    add, remove = ([form(item, switches) if form else item for item in items] for items in (edit.add, edit.remove))
    gone = {item.lower() for item in remove}
    kept = [item for item in current if item.lower() not in gone]
    present = {item.lower() for item in kept}
    return kept + [item for item in dict.fromkeys(add) if item.lower() not in present]

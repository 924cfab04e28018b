# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The partner lists of the benchmark, once as the role takes them and once as the hand-written playbook does."""

from __future__ import annotations

import typing as t

#: Every fifth partner has certificate names of its own; the others are nothing but a domain.
SPECIAL = 5

Entry = t.Any


def domain(number: int) -> str:
    return f"partner{number:04d}.example"


def for_role(count: int, *, changed: bool = False) -> list[Entry]:
    """The list of ``count`` partners for the role. ``changed``: the first one is to be held to its certificate name,
    which is one setting of one connector."""
    return [_role_entry(number, changed=changed and number == 0) for number in range(count)]


def for_uri_loop(count: int, *, changed: bool = False) -> list[Entry]:
    """The same list with the keys of uri_loop.yml."""
    return [_loop_entry(number, changed=changed and number == 0) for number in range(count)]


def _role_entry(number: int, *, changed: bool) -> Entry:
    name = domain(number)
    outbound = {"level": "domain_validation", "certificate_name": f"mail.{name}"}
    if changed:
        return {"domains": [name], "outbound": outbound}
    if number % SPECIAL == 1:
        return {"domains": [name], "outbound": outbound, "inbound": {"certificate_name": f"*.{name}"}}
    return name


def _loop_entry(number: int, *, changed: bool) -> Entry:
    name = domain(number)
    if changed:
        return {"domain": name, "outbound_certificate": f"mail.{name}"}
    if number % SPECIAL == 1:
        return {"domain": name, "outbound_certificate": f"mail.{name}", "inbound_certificate": f"*.{name}"}
    return {"domain": name}

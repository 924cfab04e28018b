# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table of partners, and where each of them is: addresses go by the place in the table, the same in every world."""

from __future__ import annotations

import functools
import ipaddress
import typing as t

from .shapes import Case

_NETS: t.Final = 250


class Table:
    """Partners by id. Their servers are at 127.``first_net``.x.y and above, each in a /24 of its own."""

    def __init__(self, cases: t.Iterable[Case], first_net: int) -> None:
        self.cases: t.Final = {one.id: one for one in cases}
        self._first_net = first_net

    def chosen(self, ids: t.Collection[str] | None = None) -> tuple[Case, ...]:
        """Return the cases with these ids in the order of the table, all without. Raises KeyError."""
        if ids is None:
            return tuple(self.cases.values())
        unknown = [one for one in ids if one not in self.cases]
        if unknown:
            raise KeyError(f"No partner of the lab is named {unknown[0]!r}")
        return tuple(one for one in self.cases.values() if one.id in ids)

    @functools.cached_property
    def addresses(self) -> t.Mapping[str, tuple[str, ...]]:
        """The addresses of every host, by its name; servers that share a network are next to each other."""
        found: dict[str, tuple[str, ...]] = {}
        number = 0
        for case in self.cases.values():
            for name, host in zip(host_names(case), case.hosts, strict=True):
                if name in found:
                    continue
                if host.ipv6:
                    found[name] = ("::1",)
                    continue
                count = len(host.servers)
                if host.network:
                    found[name] = tuple(f"{self._net(number)}.{10 + index}" for index in range(count))
                else:
                    found[name] = tuple(f"{self._net(number + index)}.10" for index in range(count))
                number += count
        return found

    def _net(self, number: int) -> str:
        return f"127.{self._first_net + number // _NETS}.{number % _NETS + 1}"

    def policy_address(self, case: Case) -> str:
        """The address of a partner's policy host."""
        return f"127.19.{list(self.cases).index(case.id) + 1}.10"

    def addresses_of(self, case: Case) -> list[str]:
        """The addresses of a partner's servers."""
        return [address for name in host_names(case) for address in self.addresses[name]]

    def partner(self, case: Case, level: str = "certificate_validation") -> dict[str, t.Any]:
        """What a probe is asked about a partner: an entry for the module's option ``partners``."""
        addresses = self.addresses_of(case)
        first = addresses[0] if addresses else ""
        network = str(ipaddress.ip_network(f"{first}/31", strict=False)) if first and ":" not in first else ""
        return {
            "domain": case.domain,
            "level": level,
            "smart_hosts": [
                one.format(domain=case.ascii_domain, address=first, network=network) for one in case.smart_hosts
            ],
            "certificate_name": case.fill(case.certificate_name),
            "smtp_dane_mode": case.smtp_dane_mode,
            "mta_sts_mode": case.mta_sts_mode,
        }


def host_names(case: Case) -> list[str]:
    """The names of a partner's hosts."""
    return [case.fill(host.name) for host in case.hosts]

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many partners that are alike, for benchmarks: each with one host, on an address of its own."""

from __future__ import annotations

import typing as t

from .shapes import FULL, UNKNOWN, Expected, Host, Key, Leaf, Manner, Server, case
from .table import Table
from .world import PartnerWorld

_FIRST_NET: t.Final = 40
#: How those that fall silent do it, in turn, and what must be found.
_SILENCES: t.Final[tuple[tuple[Manner, str, str], ...]] = (
    ("hang_banner", "never greets", "banner_timeout"),
    ("hang_ehlo", "silence after EHLO", "reply_timeout"),
)


def many_table(count: int, hang: int = 0, key: Key = "rsa") -> Table:
    """Return ``count`` partners with TLS 1.2 and 1.3, of which the last ``hang`` fall silent."""

    def one(number: int) -> t.Any:
        silent = number - (count - hang)
        manner: Manner
        manner, what, expected = "good", "everything as it should be", FULL
        if silent >= 0:
            manner, what, code = _SILENCES[silent % len(_SILENCES)]
            expected = Expected(None, UNKNOWN, (code,), delivery="unknown")
        hosts = (Host(servers=(Server(Leaf(key=key), manner),)),)
        name, domain = f"many_{number:05}", f"p{number:05}.example"
        return case(name, what, expected, hosts=hosts, domain=domain, slow=silent >= 0)

    return Table((one(number) for number in range(count)), _FIRST_NET)


def many(
    count: int, *, latency: float = 0.0, hang: int = 0, key: Key = "rsa", hang_seconds: float = 600.0
) -> PartnerWorld:
    """Return a world of many partners, not started yet. ``latency`` in seconds comes before each SMTP reply."""
    return PartnerWorld(latency=latency, hang_seconds=hang_seconds, table=many_table(count, hang, key))

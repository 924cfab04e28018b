# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a partner's server before it gets a message, and where servers are."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .names import a_label
from .policies import Dane, Sts

if t.TYPE_CHECKING:
    from ..partners.world import PartnerWorld


@dataclass(frozen=True)
class Where:
    """Where the partners are. ``ca_path`` holds the trusted roots; ``timeout`` is for each step, in seconds."""

    resolver: str
    port: int
    policy_port: int
    ca_path: str
    helo_name: str = "mail-eopbgr00000.outbound.protection.outlook.test"
    timeout: float = 5.0

    @classmethod
    def of(cls, world: PartnerWorld, **rest: t.Any) -> Where:
        """Those of a world; ``rest`` are the fields that have a default here."""
        return cls(world.resolver, world.port, world.policy_port, world.ca_path, **rest)


@dataclass(frozen=True)
class Demands:
    """What a server must show before it gets a message."""

    level: str | None
    dane: Dane
    sts: Sts

    @property
    def certificate(self) -> bool:
        """Whether it must show more than any certificate."""
        checked = self.level in ("CertificateValidation", "DomainValidation")
        return checked or self.dane.state == "usable" or self.sts.mode == "enforce"

    @property
    def forced(self) -> bool:
        """Whether there is no way in clear."""
        return self.level is not None or self.dane.state in ("unusable", "usable") or self.sts.mode == "enforce"


class Refused(Exception):
    """A server does not get the message, as far as this attempt goes."""

    def __init__(self, kind: str, said: str = "") -> None:
        super().__init__(kind, said)
        self.kind = kind
        self.said = said


def path_of(address: str) -> str:
    """An address as SMTP has it: the domain as A-labels. The null return path stays empty."""
    if not address:
        return ""
    local, _at, domain = address.rpartition("@")
    return f"{local}@{a_label(domain)}"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What a partner is, after its entry was read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

State = t.Literal["planned", "prepared", "enforced", "suspended", "absent"]
#: What stands in Exchange: nothing of ours yet, disabled connectors, enabled ones, disabled ones again, none any more.
STATES: tuple[State, ...] = ("planned", "prepared", "enforced", "suspended", "absent")

Level = t.Literal["encryption_only", "certificate_validation", "domain_validation"]
#: From the weakest to the strongest.
LEVELS: tuple[Level, ...] = ("encryption_only", "certificate_validation", "domain_validation")


@dataclasses.dataclass(frozen=True)
class Outbound:
    """Mail to the partner. An empty text is "none"; what is None is left as it stands in Exchange."""

    level: Level = "certificate_validation"  # what the wizard of the admin center proposes
    certificate_name: str = ""
    smart_hosts: tuple[str, ...] = ()
    smtp_dane_mode: str | None = None
    mta_sts_mode: str | None = None
    validation_recipients: tuple[str, ...] | None = None
    #: A connector that stands already and becomes this partner's; it keeps its name and its comment.
    adopt: str = ""


@dataclasses.dataclass(frozen=True)
class Inbound:
    """Mail from the partner. An empty text and an empty list are "no restriction"."""

    certificate_name: str = ""
    ip_addresses: tuple[str, ...] = ()
    #: As Outbound.adopt.
    adopt: str = ""


#: What an exemption can name beside the codes of findings: the whole probe, and Exchange's own validation.
PROBE = "probe"
VALIDATION = "validation"


@dataclasses.dataclass(frozen=True)
class Exemption:
    """Something that does not stand in this partner's way until ``until``, and who answers for that."""

    finding: str
    owner: str
    until: dt.datetime
    reason: str


@dataclasses.dataclass(frozen=True)
class Partner:
    """One partner organisation. ``domains`` are lower-case A-labels in the order of the entry.

    ``enforce_from`` is the moment that was agreed with the partner; ``reason`` and ``until`` belong to a suspension.
    """

    name: str
    domains: tuple[str, ...]
    state: State = "enforced"
    enforce_from: dt.datetime | None = None
    reason: str = ""
    until: dt.datetime | None = None
    outbound: Outbound = dataclasses.field(default_factory=Outbound)
    inbound: Inbound = dataclasses.field(default_factory=Inbound)
    contact: str = ""
    reference: str = ""
    description: str = ""
    exceptions: tuple[Exemption, ...] = ()

    @property
    def key(self) -> str:
        """The name as it is compared: without case."""
        return self.name.casefold()

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Exchange side of one tenant: its connectors and accepted domains, made from a seed and reset to it."""

from __future__ import annotations

import copy
import typing as t

from ..clock import Clock
from ..mailflow.nowhere import Nowhere
from .records import Record, Values
from .seeding import seed_domains, seed_inbound, seed_outbound
from .store import Collection, Delay, Replica

if t.TYPE_CHECKING:
    from ..identity import TenantIdentity
    from ..mailflow.shapes import Transport
    from ..switches import Switches


class ExchangeState:
    """Connectors and accepted domains of one tenant, with the switches that decide how they are seen.

    ``transport`` is the way out for its mail. Routing has its own view of outbound connectors, which may lag behind.
    """

    def __init__(
        self, seed: t.Mapping[str, t.Any], identity: TenantIdentity, switches: Switches, clock: Clock | None = None
    ) -> None:
        self._seed = copy.deepcopy(dict(seed))
        self.identity = identity
        self.switches = switches
        self.clock = clock or Clock()
        self.transport: Transport = Nowhere()
        self._routing = Collection()
        self.collections: dict[str, Collection] = {}
        #: Guids of the inbound connectors that the service has blocked.
        self.blocked: list[str] = []
        self.reset()

    @classmethod
    def from_seed(
        cls, seed: t.Mapping[str, t.Any], identity: TenantIdentity, switches: Switches, clock: Clock | None = None
    ) -> ExchangeState:
        """State of a tenant from its seed: ``accepted_domains``, ``outbound``, ``inbound``, ``blocked``, ``generate``.

        Raises ValueError when the seed names a parameter or member that does not exist, or a value that cannot be.
        """
        return cls(seed, identity, switches, clock)

    def reset(self) -> None:
        """Back to the seed; what was written since is gone."""
        self.collections = {
            "OutboundConnector": Collection(),
            "InboundConnector": Collection(),
            "AcceptedDomain": Collection(),
        }
        self._routing = Collection(self.clock.monotonic)
        tenant = self.identity.domain
        counts = self._seed.get("generate") or {}
        for noun, records in (
            ("AcceptedDomain", seed_domains(self._seed.get("accepted_domains") or [], tenant)),
            ("OutboundConnector", seed_outbound(self._seed.get("outbound") or [], counts, tenant, self.switches)),
            ("InboundConnector", seed_inbound(self._seed.get("inbound") or [], counts, tenant, self.switches)),
        ):
            for record in records:
                if self.collections[noun].truth.find(record.name) is not None:
                    raise ValueError(f"The seed has two objects named {record.name!r} among its {noun} objects")
                self.collections[noun].seed(record)
                if noun == "OutboundConnector":
                    self._routing.seed(record)
        self.block(self._seed.get("blocked") or ())

    def block(self, connectors: t.Iterable[str]) -> None:
        """Have the service block these inbound connectors, by name or Guid, and no others."""
        inbound = self.collections["InboundConnector"].truth
        # A Guid may be that of a connector which is gone.
        named = [(text, inbound.find(text)) for text in connectors]
        self.blocked = [text.lower() if found is None else found.guid for text, found in named]

    def _truth(self, noun: str) -> list[Values]:
        return [copy.deepcopy(record.members()) for record in self.collections[noun].truth.records()]

    @property
    def outbound(self) -> list[Values]:
        """Outbound connectors as Get returns them, without type sidecars and without any delay."""
        return self._truth("OutboundConnector")

    @property
    def inbound(self) -> list[Values]:
        """Inbound connectors as Get returns them, without type sidecars and without any delay."""
        return self._truth("InboundConnector")

    @property
    def accepted_domains(self) -> list[Values]:
        """The tenant's own domains."""
        return self._truth("AcceptedDomain")

    def _delay(self) -> Delay:
        return Delay(int(self.switches["visibility_reads"]), float(self.switches["visibility_seconds"]))

    def write(self, noun: str, guid: str, record: Record | None) -> None:
        """Store, replace or (without a record) remove an object, to be seen after the delay in force."""
        self.collections[noun].write(guid, record, self._delay())
        if noun == "OutboundConnector":
            self._routing.write(guid, record, self._routing_delay())

    def _routing_delay(self) -> Delay:
        return Delay(int(self.switches["routing_delay_uses"]), float(self.switches["routing_delay_seconds"]))

    def routed(self) -> Replica:
        """The outbound connectors by which the next message or validation is routed."""
        return self._routing.read(self._routing_delay(), flip_flop=False)

    @property
    def default_domain(self) -> str:
        """The accepted domain that new addresses get."""
        records = self.collections["AcceptedDomain"].truth.records()
        return next((str(one.values["DomainName"]) for one in records if one.flag("Default")), self.identity.domain)

    def visible(self, noun: str) -> Replica:
        """The replica that answers the next Get."""
        if noun == "AcceptedDomain":
            return self.collections[noun].truth
        return self.collections[noun].read(self._delay(), self.switches["replicas"] == "flip_flop")

    def target(self, noun: str, identity: str) -> Record | None:
        """The object that a Set or Remove means; whether one that Get does not show yet is found, a switch decides."""
        found = self.collections[noun].truth.find(identity)
        rule = self.switches["fresh_write_target"]
        if found is None or rule == "found":
            return found
        if found.guid in self.collections[noun].settled(self._delay()).by_guid:
            return found
        by_name = found.name.lower() == identity.strip().lower()
        return found if rule == "by_name" and by_name else None

    def name_taken(self, noun: str, name: str) -> Record | None:
        """The object that has this name already, in the scope within which names are unique."""
        nouns = ("OutboundConnector", "InboundConnector") if self.switches["name_scope"] == "tenant" else (noun,)
        for one in nouns:
            truth = self.collections[one].truth
            guid = truth.by_name.get(name.lower())
            if guid is not None:
                return truth.by_guid[guid]
        return None

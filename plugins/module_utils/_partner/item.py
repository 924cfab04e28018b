# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What is asked for in one stage of the run: connectors, and whose each is. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import DOMAINS_OPTION
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Direction, Key, key
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import Connector


@dataclasses.dataclass(frozen=True)
class Ways:
    """How connectors are made. ``pack_size`` is the number of domains in a shared connector, 0 for none.

    ``consent`` holds the keys of the partners whose connectors may be weakened, ``scoped`` those of the partners whose
    connector only mail flow rules may use for now. ``trial``: Exchange has yet to validate, so that changes of what is
    in force say what it was. ``prunes`` is the owner whose connectors go where nobody on the list has them.
    ``refused`` are connectors that are to be asked for although the change is going to be refused, so that it is told.
    ``withheld`` are connectors that are left as they stand.
    """

    prefix: str
    consent: frozenset[str] = frozenset()
    pack_size: int = 0
    scoped: frozenset[str] = frozenset()
    trial: bool = False
    prunes: str | None = None
    refused: frozenset[Key] = frozenset()
    withheld: frozenset[Key] = frozenset()


@dataclasses.dataclass(frozen=True)
class Item:
    """An entry for the module ``connectors``, and the partners that it belongs to.

    ``restored``: it is put back to what it was before the run. ``agreed``: that it may be weakened is somebody's
    consent, and not the way of the run.
    """

    entry: Connector
    partners: tuple[str, ...]
    restored: bool = False
    agreed: bool = False

    @property
    def key(self) -> Key:
        return key(self.entry["direction"], self.entry["name"])

    def asked(self, weakening: t.Container[Key], written: t.Container[Key], state: t.Callable[[Key], str]) -> Connector:
        """Return what the module is asked for, by a plan that weakens these; ``state`` is how one stood then.

        Who agreed has agreed to what the plan shows, and the way of the run is to undo what it has ``written`` itself.
        The module reads once more; where it finds something else, the plan was made from a reading that lagged behind,
        or somebody has changed the connector since, and nobody has agreed to weaken that. Least of all to what is less
        than the list asks for, because the partner is held or has yet to be validated.
        """
        rest = {option: value for option, value in self.entry.items() if option != "allow_weaken"}
        weakens = bool(self.entry.get("allow_weaken")) and self.key in weakening
        if self.key in written:
            return self.entry if weakens or not self.agreed else rest
        if weakens:
            return {**self.entry, "allow_weaken_from": state(self.key)}
        return {**rest, "allow_weaken_from": state(self.key)} if self._is_on_the_way else rest

    @property
    def _is_on_the_way(self) -> bool:
        """Whether it is no more than what holds meanwhile, or was before."""
        return self.restored or (self.entry.get("state") == "present" and not self._in_force)

    @property
    def _in_force(self) -> bool:
        present = self.entry.get("state") == "present" and self.entry.get("enabled") is True
        return present and self.entry.get("transport_rule_scoped") is not True

    @property
    def served(self) -> t.Sequence[str]:
        """The domains whose mail takes the connector that is asked for."""
        if not self._in_force:
            return ()
        direction: Direction = self.entry["direction"]
        return t.cast("t.Sequence[str]", self.entry.get(DOMAINS_OPTION[direction], ()))

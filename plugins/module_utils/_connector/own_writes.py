# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What earlier tasks of a run have written has to show before a later one plans: reads may come from a replica that
lags behind, and by such a reading a domain that the run itself has moved would count as covered where it was.

No delay is documented (as in ``apply``), so it is looked for and not waited for. What does not show stops the task:
nobody can tell a replica that lags for long from somebody who has taken the change back.
"""

from __future__ import annotations

import time
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import apply, rivals
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Direction,
    Key,
    Settings,
    key,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import settings_from
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import (
    ExchangeError,
    InputError,
    printable,
)


class Written(t.NamedTuple):
    """What was written of one connector: ``settings`` as they were set (None: it was deleted), ``guid`` of what stood
    before (None: nothing did)."""

    direction: Direction
    name: str
    guid: str | None
    settings: Settings | None

    @property
    def key(self) -> Key:
        return key(self.direction, self.name)

    def shows(self, found: Connector | None) -> bool:
        """Whether this is what was read. Another connector of a deleted one's name is somebody else's."""
        if self.settings is None:
            return found is None or found.guid != self.guid
        return found is not None and all(found.settings.get(option) == value for option, value in self.settings.items())


class Reader(t.Protocol):
    """What is needed of Exchange."""

    def inventory(self, directions: t.Collection[Direction]) -> list[Connector]:
        """Everything that stands in these directions."""


def written_from(entries: t.Iterable[t.Mapping[str, t.Any]]) -> list[Written]:
    """Return what results of ``connectors`` have as ``written``, first to last, as one for each connector.

    Raises InputError for a value that no connector has.
    """
    last: dict[Key, Written] = {}
    for place, entry in enumerate(entries):
        try:
            settings = None if entry["settings"] is None else settings_from(entry["settings"])
        except (ValueError, TypeError, AttributeError) as problem:
            raise InputError(
                [f"written_before[{place}]: '{entry['name']}' {problem}; hand it over as it came."]
            ) from None
        one = Written(entry["direction"], entry["name"], entry["guid"], settings)
        earlier = last.get(one.key)
        if earlier is not None and earlier.settings is not None and one.settings is not None:
            one = one._replace(settings={**earlier.settings, **one.settings})
        last[one.key] = one
    return list(last.values())


def read(
    reader: Reader,
    directions: t.Collection[Direction],
    written: t.Iterable[Written],
    sleep: t.Callable[[float], object] = time.sleep,
) -> list[Connector]:
    """Return what stands, in a reading that shows what was written. Raises ExchangeError where it does not show."""
    expected = [one for one in written if one.direction in directions]
    current = reader.inventory(directions)
    for pause in apply.PAUSES:
        if not _late(expected, current):
            return current
        sleep(pause)
        current = reader.inventory(directions)
    late = _late(expected, current)
    if late:
        raise _not_shown(late)
    return current


def _late(expected: t.Sequence[Written], current: t.Iterable[Connector]) -> list[Written]:
    if not expected:
        return []
    found = {connector.key: connector for connector in current}
    return [one for one in expected if not one.shows(found.get(one.key))]


def _not_shown(late: t.Sequence[Written]) -> ExchangeError:
    names = rivals.listed([f"{one.direction} connector '{printable(one.name)}'" for one in late])
    looks = f"{1 + len(apply.PAUSES)} times in {sum(apply.PAUSES):.0f} seconds"
    return ExchangeError(
        "incomplete",
        f"What an earlier task of this run has written of {names} does not show, although it was looked for {looks}:"
        " either Exchange Online answers from a copy that lags behind, or somebody else has changed it since. Nothing"
        " more was changed. Run again in a few minutes; the run reads before it writes.",
        retryable=True,
    )

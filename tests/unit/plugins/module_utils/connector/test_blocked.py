# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which connectors are blocked: matched by their Guid alone, and nothing that was told is dropped."""

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import blocked
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector, Direction

GUID = "0a0a0a0a-1111-4222-8333-444444444444"
OUTBOUND = "0d0d0d0d-1111-4222-8333-444444444444"
OTHER = "0b0b0b0b-1111-4222-8333-444444444444"


def connector(direction: Direction, name: str, guid: str) -> Connector:
    return Connector(direction, name, guid, {}, None, {"guid": guid})


TENANT = [
    connector("outbound", "to", OUTBOUND),
    connector("inbound", "from", GUID),
    connector("inbound", "other", OTHER),
]


def known(connectors: list[Connector]) -> dict[str, object]:
    """By name, what is known of each."""
    return {one.name: one.details.get("blocked", "nothing") for one in connectors}


@pytest.mark.parametrize("member", ["ConnectorId", "Identity", "Guid", "SomeName"])
@pytest.mark.parametrize("text", [GUID, GUID.upper(), f"{{{GUID}}}", f" {GUID} "])
def test_the_guid_counts_wherever_and_however_it_stands(member: str, text: str) -> None:
    marked, warnings = blocked.marked(TENANT, [{"Reason": "spam", "Count": 3, "Nothing": None, member: text}])
    assert known(marked) == {"to": "nothing", "from": True, "other": False}
    assert [one.name for one in marked if blocked.is_blocked(one)] == ["from"]
    assert warnings == []


def test_nothing_blocked_is_known_too() -> None:
    marked, warnings = blocked.marked(TENANT, [])
    assert known(marked) == {"to": "nothing", "from": False, "other": False}
    assert warnings == []
    assert blocked.asked_for_blocked(marked)


def test_what_was_not_told_is_not_taken_for_no() -> None:
    unknown = blocked.unknown(TENANT)
    assert known(unknown) == {"to": "nothing", "from": None, "other": None}
    assert not any(map(blocked.is_blocked, unknown))
    assert not blocked.asked_for_blocked(unknown)


@pytest.mark.parametrize(
    "record",
    [
        {"ConnectorId": "0c0c0c0c-1111-4222-8333-444444444444"},
        # Only inbound connectors are blocked, and names change hands.
        {"ConnectorId": OUTBOUND},
        {"Name": "from"},
        {},
    ],
)
def test_what_fits_no_connector_is_told(record: dict[str, str]) -> None:
    marked, (warning,) = blocked.marked(TENANT, [record, {"ConnectorId": OTHER}])
    assert known(marked) == {"to": "nothing", "from": False, "other": True}
    assert "none of the inbound connectors that stand" in warning
    assert "Restricted entities" in warning
    for value in record.values():
        assert value in warning


def test_a_long_answer_is_cut() -> None:
    _marked, (warning,) = blocked.marked([], [{"ConnectorId@odata.type": "#Guid", "Note": "x" * 10_000}])
    assert len(warning) < 500
    assert "odata" not in warning

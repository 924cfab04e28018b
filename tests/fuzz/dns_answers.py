# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of resolvers, and of whoever pretends to be one."""

from __future__ import annotations

import struct

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import resolver
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Tlsa
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.wire import make_query
from ansible_collections.mailflow.exchange_online.tests.fuzz import promises

KINDS: tuple[resolver.RecordType, ...] = ("MX", "A", "AAAA", "TXT", "TLSA")
_RECORD = b"\xc0\x0c" + struct.pack("!HHIH", 15, 1, 60, 9) + b"\x00\x0a\x02mx\xc0\x0c\x00\x00"
SEEDS = (
    b"\x00\x01" + _RECORD,
    b"\x00\x02" + _RECORD.replace(b"\x02mx", b"\x02\x1b\xff") + _RECORD,
    b"\x01\x01\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + b"\x7f\x00\x00\x01",
    b"\x02\x01\xc0\x0c" + struct.pack("!HHIH", 28, 1, 60, 16) + bytes(16),
    b"\x03\x01\xc0\x0c" + struct.pack("!HHIH", 16, 1, 60, 4) + b"\x03v=S",
    b"\x04\x01\xc0\x0c" + struct.pack("!HHIH", 52, 1, 60, 5) + b"\x03\x01\x01\x00\x00",
    b"\x01\x02\xc0\x0c" + struct.pack("!HHIH", 5, 1, 60, 2) + b"\xc0\x0c",
)


def check(data: bytes) -> None:
    """The first byte picks the question and the second the number of records; the rest follows the question."""
    kind = KINDS[data[0] % len(KINDS)] if data else "MX"
    query = make_query("p.test", kind)
    records = data[1] if len(data) > 1 else 0
    wire = query.wire[:2] + struct.pack("!5H", 0x8180, 1, records, 0, 0) + query.question + data[2:]
    assert query.is_answered_by(wire)
    answer = resolver.read(query.response(wire), kind)
    assert answer.status in ("found", "absent", "failed")
    assert (answer.status == "found") == bool(answer.records)
    assert len(answer.records) <= 200
    promises.shown(answer.detail, answer.canonical)
    for record in answer.records:
        if kind == "MX":
            promises.shown(record[1])
        assert isinstance(record, {"MX": tuple, "TXT": bytes, "TLSA": Tlsa}.get(kind, str))

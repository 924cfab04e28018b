# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What servers say before TLS encrypts it."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.flight import Flight
from ansible_collections.mailflow.exchange_online.tests.fuzz import promises

SEEDS = (
    b"\xff\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03" + bytes(24) + b"DOWNGRD\x01" + b"\x00\x00\x9c\x00",
    b"\x00\x15\x03\x03\x00\x02\x02\x28",
    b"\x03\x16\x03\x03\x00\x04\x0d\x00\x00\x00\x14\x03\x03\x00\x01\x01",
    b"\x10HTTP/1.1 400",
)


def check(data: bytes) -> None:
    """The first byte says how the rest is cut; that makes no difference."""
    step = (data[0] if data else 0) + 1
    whole, cut = Flight(), Flight()
    whole.feed(data[1:])
    for start in range(1, len(data), step):
        cut.feed(data[start : start + step])
    assert (whole.alert, whole.offers_tls13) == (cut.alert, cut.offers_tls13)
    promises.shown(whole.alert)

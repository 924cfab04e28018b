# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Greetings and replies of mail servers."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.replies import NoReply, Replies, extensions
from ansible_collections.mailflow.exchange_online.tests.fuzz import promises

SEEDS = (
    b"\xff220 mx.p.test ESMTP\r\n250-mx.p.test\r\n250-SIZE 1000\r\n250 STARTTLS\r\n",
    b"\x00220-one\n220 \x1b[2J\xe2\x80\xae\xc2\x9b\n",
    b"\x01250-x\r\n250-\xc2\xa0\r\n250 \x01\r\n",
    b"\x05HTTP/1.1 400 Bad Request\r\n",
)


def check(data: bytes) -> None:
    """The first byte says how the rest is cut."""
    step = (data[0] if data else 0) + 1
    replies = Replies()
    try:
        for start in range(1, len(data), step):
            replies.feed(data[start : start + step])
            while (reply := replies.take()) is not None:
                assert 200 <= reply.code < 600
                promises.shown(*reply.lines, *extensions(reply))
    except NoReply as problem:
        promises.shown(str(problem))

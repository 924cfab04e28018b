# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of the hosts that policies, lists of revoked certificates and authorities' certificates come from."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import web
from ansible_collections.mailflow.exchange_online.tests.fuzz import promises

LIMIT = 4096
SEEDS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.0 301 \xff\r\nLocation: http://[\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\nx",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
)


def check(data: bytes) -> None:
    """A whole answer, as it came before the connection ended."""
    web._end(bytearray(data))
    try:
        page = web._page(data, LIMIT)
    except web.FetchError as problem:
        promises.shown(problem.detail)
        return
    assert 0 < page.status < 1000
    assert len(page.body) <= LIMIT

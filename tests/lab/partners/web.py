# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP of the partners' world: policy hosts over TLS, and the files of the certificate authorities in clear."""

from __future__ import annotations

import asyncio
import http
import typing as t

from .journal import Journal, Request
from .plan import PolicyHost

_POLICY_PATH: t.Final = "/.well-known/mta-sts.txt"


class Page(t.NamedTuple):
    """An answer. ``location``: where a redirect leads."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"
    location: str = ""


#: From the host that is asked for, without port, and the path; None: never answers.
Pages = t.Callable[[str, str], Page | None]


class WebServer:
    """One GET for each connection."""

    def __init__(self, pages: Pages, journal: Journal, *, secure: bool, hang: float) -> None:
        self._pages = pages
        self._journal = journal
        self._secure = secure
        self._hang = hang

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path = head[0].split(" ")[1]
            fields = dict(line.lower().partition(": ")[::2] for line in head[1:] if ":" in line)
            host = fields.get("host", "").partition(":")[0]
            self._journal.requests.append(Request(host, path, self._secure))
            page = self._pages(host, path)
            if page is None:
                await asyncio.sleep(self._hang)
            else:
                writer.write(_bytes(page))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, IndexError):
            pass
        finally:
            writer.close()


def policy_page(host: PolicyHost, _asked: str, path: str) -> Page | None:
    """Answer for an MTA-STS policy host, in its manner."""
    if path != _POLICY_PATH or host.policy.host == "not_found":
        return Page(404, b"not here\n")
    if host.policy.host == "hang":
        return None
    if host.policy.host == "redirect":
        return Page(301, location=f"https://{host.name}/policy.txt")
    return Page(200, host.text.encode("utf-8"))


def _bytes(page: Page) -> bytes:
    lines = [
        f"HTTP/1.1 {page.status} {http.HTTPStatus(page.status).phrase}",
        f"Content-Type: {page.content_type}",
        f"Content-Length: {len(page.body)}",
        "Connection: close",
        *([f"Location: {page.location}"] if page.location else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + page.body

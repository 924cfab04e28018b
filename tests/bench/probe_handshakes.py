# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bare cost of TLS to mail servers: connect, as little SMTP as it takes, the handshake, and nothing else.

``python -m ...probe_handshakes threads|asyncio SERVERS.json CONCURRENCY``; the file holds address, port and name of
each.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import pathlib
import socket
import ssl
import sys
import typing as t

EHLO = b"EHLO bench.example.net\r\n"
STARTTLS = b"STARTTLS\r\n"

Servers = list[tuple[str, int, str]]


def context() -> ssl.SSLContext:
    """What the probe speaks: TLS 1.2, and nothing is verified in the handshake."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    return made


def by_threads(servers: Servers, concurrency: int) -> None:
    """``ssl.SSLSocket``, a thread for each connection that is open."""
    tls = context()

    def one(address: str, port: int, name: str) -> None:
        with socket.create_connection((address, port)) as plain:
            with plain.makefile("rb") as lines:
                lines.readline()
                plain.sendall(EHLO)
                while lines.readline()[3:4] == b"-":
                    pass
                plain.sendall(STARTTLS)
                lines.readline()
            tls.wrap_socket(plain, server_hostname=name).close()

    with concurrent.futures.ThreadPoolExecutor(concurrency) as pool:
        list(pool.map(lambda server: one(*server), servers))


def by_asyncio(servers: Servers, concurrency: int) -> None:
    """Streams of asyncio in one thread."""
    tls = context()

    async def one(places: asyncio.Semaphore, address: str, port: int, name: str) -> None:
        async with places:
            reader, writer = await asyncio.open_connection(address, port)
            await reader.readline()
            writer.write(EHLO)
            while (await reader.readline())[3:4] == b"-":
                pass
            writer.write(STARTTLS)
            await reader.readline()
            await writer.start_tls(tls, server_hostname=name)
            writer.transport.abort()

    async def all_of_them() -> None:
        places = asyncio.Semaphore(concurrency)
        await asyncio.gather(*(one(places, *server) for server in servers))

    asyncio.run(all_of_them())


WAYS: t.Final[dict[str, t.Callable[[Servers, int], None]]] = {"threads": by_threads, "asyncio": by_asyncio}


def main(way: str, file: str, concurrency: str) -> int:
    WAYS[way](json.loads(pathlib.Path(file).read_text(encoding="utf-8")), int(concurrency))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

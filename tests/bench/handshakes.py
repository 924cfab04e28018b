# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bare cost of TLS to mail servers: connect, as little SMTP as it takes, the handshake, and nothing else.

``python -m ...handshakes WORLD.json CONCURRENCY`` prints CPU seconds and wall time as JSON.
"""

from __future__ import annotations

import asyncio
import json
import pathlib
import ssl
import sys
import time
import typing as t


def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    return made


async def handshake(address: str, port: int, name: str, tls: ssl.SSLContext) -> None:
    reader, writer = await asyncio.open_connection(address, port)
    await reader.readline()
    writer.write(b"EHLO bench.example.net\r\n")
    while (await reader.readline())[3:4] == b"-":
        pass
    writer.write(b"STARTTLS\r\n")
    await reader.readline()
    await writer.start_tls(tls, server_hostname=name)
    writer.close()


async def all_of_them(world: dict[str, t.Any], concurrency: int) -> None:
    places, tls = asyncio.Semaphore(concurrency), context()

    async def one(partner: dict[str, t.Any]) -> None:
        async with places:
            (address,) = partner["addresses"]
            await handshake(address, world["options"]["port"], f"mx.{partner['partner']['domain']}", tls)

    await asyncio.gather(*(one(partner) for partner in world["partners"]))


def main(file: str, concurrency: str) -> int:
    world = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
    began, cpu = time.monotonic(), time.process_time()
    asyncio.run(all_of_them(world, int(concurrency)))
    print(json.dumps({"wall": time.monotonic() - began, "cpu": time.process_time() - cpu}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

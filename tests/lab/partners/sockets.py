# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One port on many addresses of loopback."""

from __future__ import annotations

import functools
import socket
import typing as t

_TRIES: t.Final = 50
#: Bound and never listened to: of two worlds on one machine each has a port of its own, and where no server of a world
#: listens, none of another one does.
_KEEPER: t.Final = "127.19.255.1"


class Port(t.NamedTuple):
    """A port; ``streams`` are bound TCP sockets by address, ``kept`` further sockets, a UDP one first if asked for."""

    number: int
    streams: dict[str, socket.socket]
    kept: list[socket.socket]


@functools.cache
def has_ipv6() -> bool:
    """Whether ::1 is there."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


def bind_everywhere(addresses: t.Sequence[str], *, datagrams: bool = False) -> Port:
    """Bind one port, picked by the system, on all addresses; with ``datagrams`` on the first for UDP as well.

    Raises OSError when no port is free everywhere.
    """
    problem: OSError | None = None
    for _turn in range(_TRIES):
        made: list[socket.socket] = []
        try:
            return _bind(addresses, datagrams, made)
        except OSError as one:
            problem = one
            for each in made:
                each.close()
    raise problem or OSError("no port was tried")


def _bind(addresses: t.Sequence[str], datagrams: bool, made: list[socket.socket]) -> Port:
    keeper = _bound(_KEEPER, 0, socket.SOCK_STREAM, made)
    number = int(keeper.getsockname()[1])
    kept = [_bound(addresses[0], number, socket.SOCK_DGRAM, made)] if datagrams else []
    streams = {address: _bound(address, number, socket.SOCK_STREAM, made) for address in addresses}
    return Port(number, streams, [*kept, keeper])


def _bound(address: str, port: int, kind: socket.SocketKind, made: list[socket.socket]) -> socket.socket:
    one = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    made.append(one)
    one.bind((address, port))
    return one

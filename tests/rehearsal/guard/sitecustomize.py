# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loaded by every Python that a rehearsal starts (it is on their PYTHONPATH): they reach this machine and no other.

Connections and look-ups that would leave it are stopped, and written down in the file that REHEARSAL_LOG names.
"""

import ipaddress
import os
import sys

_SENDS = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind")
_LOOKS_UP = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
_HERE = ("localhost", "")


def is_here(host):
    """Whether a host, by name or address, is this machine."""
    if host is None or str(host) in _HERE:
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _host(event, arguments):
    """The host that is meant; None for what is no network, such as a socket in the file system."""
    if event in _LOOKS_UP:
        found = arguments[0]
        return found[0] if isinstance(found, tuple) else found
    address = arguments[1]
    return str(address[0]) if isinstance(address, tuple) and address else None


def watch(event, arguments):
    """The audit hook."""
    if event not in _SENDS and event not in _LOOKS_UP:
        return
    host = _host(event, arguments)
    host = host.decode() if isinstance(host, bytes) else host
    if is_here(host) or (event == "socket.bind" and host in ("0.0.0.0", "::")):
        return
    with open(os.environ["REHEARSAL_LOG"], "a", encoding="utf-8") as log:
        log.write(f"{event} {host}\n")
    raise OSError(f"This is a rehearsal: nothing leaves this machine, and {host} is elsewhere")


if "REHEARSAL_LOG" in os.environ:
    sys.addaudithook(watch)

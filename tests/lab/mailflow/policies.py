# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a partner's own policies ask for: TLSA records (RFC 7672) and MTA-STS (RFC 8461)."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import time
import typing as t
from dataclasses import dataclass

from .names import Names, Server

_MOST_BYTES: t.Final = 65536
Mode = t.Literal["enforce", "testing", "none"]
_MODES: t.Final[tuple[Mode, ...]] = t.get_args(Mode)


class Tlsa(t.NamedTuple):
    """A TLSA record."""

    usage: int
    selector: int
    matching: int
    data: bytes

    @property
    def usable(self) -> bool:
        """Whether it counts for SMTP: usages 2 and 3 only, and nothing this code does not know."""
        return self.usage in (2, 3) and self.selector in (0, 1) and self.matching in (0, 1, 2)


@dataclass(frozen=True)
class Dane:
    """What TLSA records ask for. unusable: TLS, and nothing more; bogus: keep away. ``base`` is whose they are."""

    state: t.Literal["absent", "bogus", "unusable", "usable"] = "absent"
    records: tuple[Tlsa, ...] = ()
    base: str = ""


def look_for_dane(names: Names, server: Server) -> Dane:
    """Ask for the TLSA records of a server, at the end of an alias first (RFC 7672 section 2.2.2)."""
    if not (server.secure and server.name):
        return Dane()
    for base in filter(None, (server.end_of_alias, server.name)):
        answer = names.ask(f"_25._tcp.{base}", "TLSA")
        if answer.ending == "failed":
            return Dane("bogus", base=base)
        if answer.secure and answer.records:
            records = tuple(Tlsa(one.usage, one.selector, one.mtype, one.cert) for one in answer.records)
            usable = tuple(one for one in records if one.usable)
            return Dane("usable" if usable else "unusable", usable, base)
    return Dane()


# -- MTA-STS ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sts:
    """A policy. none: there is none, or none that counts; ``note`` tells why, for people."""

    mode: Mode = "none"
    mx: tuple[str, ...] = ()
    domain: str = ""
    note: str = ""

    def lists(self, host: str) -> bool:
        """Whether a mail server is one of the policy's."""
        return any(matches(pattern, host) for pattern in self.mx)


def matches(pattern: str, name: str) -> bool:
    """Whether a name is the pattern, or one label in place of its asterisk (RFC 8461 section 4.1)."""
    pattern, name = pattern.lower().rstrip("."), name.lower().rstrip(".")
    if pattern.startswith("*."):
        return name.partition(".")[2] == pattern[2:]
    return name == pattern


def look_for_sts(names: Names, domain: str, port: int, ca_path: str, timeout: float) -> Sts:
    """Fetch the policy of a domain. Without one that can be had and read, mail goes as if there were none."""
    texts = [b"".join(one.strings).decode("ascii", "replace") for one in names.ask(f"_mta-sts.{domain}", "TXT").records]
    known = [text for text in texts if re.match(r"v=STSv1\s*(;|$)", text)]
    if len(known) != 1:
        return Sts(domain=domain, note=f"-- MTA-STS of {domain}: {len(known)} records, so none" if known else "")
    try:
        body = _fetch(names, f"mta-sts.{domain}", port, ca_path, timeout)
    except (OSError, ValueError, http.client.HTTPException) as problem:
        return Sts(domain=domain, note=f"-- MTA-STS of {domain}: no policy to be had ({_told(problem)})")
    policy = parse(body, domain)
    if policy is None:
        return Sts(domain=domain, note=f"-- MTA-STS of {domain}: the policy cannot be read")
    return policy


def parse(body: str, domain: str) -> Sts | None:
    """Read a policy (RFC 8461 section 3.2), None for one that is none."""
    pairs = [tuple(part.strip() for part in line.split(":", 1)) for line in body.splitlines() if ":" in line]
    first: dict[str, str] = {}
    for key, value in pairs:
        first.setdefault(key, value)
    mx = tuple(value for key, value in pairs if key == "mx")
    mode = next((one for one in _MODES if one == first.get("mode")), None)
    if first.get("version") != "STSv1" or mode is None or not first.get("max_age", "").isdigit():
        return None
    if mode != "none" and not mx:
        return None
    note = f"-- MTA-STS of {domain}: {mode}, {', '.join(mx)}"
    return Sts(mode, mx, domain, note)


def _fetch(names: Names, host: str, port: int, ca_path: str, timeout: float) -> str:
    """Get a policy over HTTPS: 200 only, no redirects, one time limit for all of it."""
    until = time.monotonic() + timeout
    _answers, addresses = names.addresses(host)
    if not addresses:
        raise ValueError("no address")
    with socket.create_connection((addresses[0], port), timeout) as plain:
        context = ssl.create_default_context(cafile=ca_path)
        with context.wrap_socket(plain, server_hostname=host) as secured:
            connection = http.client.HTTPSConnection(host, timeout=timeout)
            connection.sock = secured
            connection.request("GET", "/.well-known/mta-sts.txt")
            answer = connection.getresponse()
            if answer.status != 200:
                raise ValueError(f"HTTP {answer.status}")
            body = b""
            while piece := answer.read1(4096):
                body += piece
                if len(body) > _MOST_BYTES or time.monotonic() > until:
                    raise ValueError("too long")
    return body.decode("utf-8", "replace")


def _told(problem: Exception) -> str:
    if isinstance(problem, ssl.SSLCertVerificationError):
        return str(problem.verify_message)
    return str(problem) or type(problem).__name__

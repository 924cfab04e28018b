# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observations to judge: a partner with good servers, and what can be wrong with one."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import (
    Certificate,
    Failure,
    Fault,
    Host,
    MtaSts,
    Reply,
    Route,
    Session,
    Step,
    Tls,
    Trust,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Observation, Server, Target

NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.timezone.utc)
DOMAIN = "contoso.com"
MX = "mx.contoso.com"
ADDRESS = "192.0.2.1"


def days(number: float) -> dt.datetime:
    return NOW + dt.timedelta(days=number)


def certificate(*names: str, **changes: t.Any) -> Certificate:
    """A good server certificate for these names, by default for the MX host."""
    values: dict[str, t.Any] = {
        "der": b"leaf",
        "subject": "CN=leaf",
        "issuer": "CN=Issuing CA",
        "serial": "1",
        "names": names or (MX,),
        "addresses": (),
        "common_name": "",
        "not_before": days(-10),
        "not_after": days(60),
        "key_type": "RSA",
        "key_bits": 2048,
        "signature": "sha256WithRSAEncryption",
        "sha256": "aa",
        "spki_sha256": "bb",
        "self_issued": False,
    }
    return Certificate(**{**values, **changes})


AUTHORITY = certificate(subject="CN=Issuing CA", issuer="CN=Root CA", names=(), der=b"authority")
TLS = Tls("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384", 256, (b"leaf", b"authority"), offers_tls13=True)
EHLO = Reply(250, (MX, "SIZE 1000", "STARTTLS"))


def session(address: str = ADDRESS, **changes: t.Any) -> Session:
    """A conversation in which all went well."""
    values: dict[str, t.Any] = {
        "address": address,
        "port": 25,
        "sni": MX,
        "banner": Reply(220, (MX,)),
        "ehlo": EHLO,
        "extensions": ("SIZE", "STARTTLS"),
        "starttls": Reply(220, ("go",)),
        "tls": TLS,
        "extensions_after_tls": ("SIZE",),
    }
    return Session(**{**values, **changes})


def broken(step: Step, fault: Fault, detail: str = "so it was", **changes: t.Any) -> Session:
    """A conversation that ended early."""
    reached: dict[Step, tuple[str, ...]] = {
        "connect": (),
        "banner": (),
        "ehlo": ("banner",),
        "starttls": ("banner", "ehlo", "extensions"),
        "handshake": ("banner", "ehlo", "extensions", "starttls"),
        "ehlo_again": ("banner", "ehlo", "extensions", "starttls", "tls"),
    }
    nothing = {"banner": None, "ehlo": None, "extensions": (), "starttls": None, "tls": None}
    shown = {name: value for name, value in nothing.items() if name not in reached[step]}
    return session(**{**shown, "extensions_after_tls": (), "failure": Failure(step, fault, detail), **changes})


def server(host: Host | None = None, leaf: Certificate | None = None, **changes: t.Any) -> Server:
    """A good server."""
    values: dict[str, t.Any] = {
        "host": host or Host(MX, 10, addresses=(ADDRESS,)),
        "address": ADDRESS,
        "session": session(),
        "chain": (leaf or certificate(), AUTHORITY),
        "trust": Trust("trusted"),
    }
    made = Server(**{**values, **changes})
    return made if made.tls is not None else dataclasses.replace(made, chain=(), trust=None)


def observation(*servers: Server, level: str = "certificate_validation", **changes: t.Any) -> Observation:
    """A partner with these servers, by default a good one. ``changes`` are of the target or of the observation."""
    of_target = {field.name for field in dataclasses.fields(Target)}
    asked = {name: value for name, value in changes.items() if name in of_target}
    rest = {name: value for name, value in changes.items() if name not in of_target}
    given = servers or (server(),)
    hosts = tuple(dict.fromkeys(one.host for one in given))
    return Observation(
        **{
            "target": Target(DOMAIN, level=t.cast(t.Any, level), **asked),
            "route": Route(hosts),
            "servers": given,
            **rest,
        }
    )


def policy(mode: str = "enforce", *mx: str) -> dict[str, MtaSts]:
    return {DOMAIN: MtaSts("found", "1", t.cast(t.Any, mode), mx or (MX,), 604800)}

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files and policies from real web servers: looked up, allowed or not, and each asked for once."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ssl
import typing as t

import pytest
import trustme

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import fetching
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.fetching import POLICY_LIMIT, Fetcher
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Settings
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.resolver import Resolver
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.web import FetchError, Page
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.dns_peer import (
    Say,
    Zone,
    from_zone,
    listening,
)

PATIENCE = 30.0
NAME = "mta-sts.p.test"
AT_HOME: Zone = {(NAME, "A"): Say((f"{NAME}. A 127.0.0.1",)), ("crl.test", "A"): Say(("crl.test. A 127.0.0.1",))}


class WebPeer:
    """A web server that says the same to everybody. ``requests`` are the first lines and hosts of what came."""

    def __init__(self, response: bytes) -> None:
        self._response = response
        self.requests: list[tuple[str, str]] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            first = await reader.readexactly(1)
            if first == b"\x16":  # TLS, to a server that has none
                writer.write(page(b"", "400 Bad Request"))
                writer.close()
                return
            head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
            host = next(line for line in head.split("\r\n") if line.startswith("Host: "))
            self.requests.append((head.split("\r\n")[0], host.removeprefix("Host: ")))
            writer.write(self._response)
            await writer.drain()
        writer.close()

    @property
    def paths(self) -> list[str]:
        return [line.split(" ")[1] for line, _host in self.requests]


def page(body: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


class Outcome(t.NamedTuple):
    """What came of it, and what the servers saw."""

    found: t.Any
    web: WebPeer
    asked: list[tuple[str, str]]


def run(
    talk: t.Callable[[Fetcher, int], t.Awaitable[t.Any]],
    response: bytes = page(b"body"),
    *,
    zone: Zone | None = None,
    allow_private: bool = True,
    tls: tuple[trustme.CA, str] | None = None,
) -> Outcome:
    """Run ``talk`` with a fetcher and the port of a web server, over HTTPS with ``tls``: an authority and a name."""
    server_context, trust = None, ssl.create_default_context()
    if tls is not None:
        authority, name = tls
        authority.configure_trust(trust)
        server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(server_context)

    async def go() -> Outcome:
        web = WebPeer(response)
        server = await asyncio.start_server(web.serve, "127.0.0.1", 0, ssl=server_context)
        web.port = server.sockets[0].getsockname()[1]
        async with server, listening(from_zone(AT_HOME if zone is None else zone)) as names:
            settings = Settings(policy_port=web.port, timeout=PATIENCE, allow_private=allow_private)
            resolver = Resolver([names.server], None, PATIENCE)
            try:
                found = await talk(Fetcher(settings, resolver, trust), web.port)
            finally:
                resolver.close()
            return Outcome(found, web, names.asked)

    return asyncio.run(go())


def fetch(url: str, **options: t.Any) -> Outcome:
    """Fetch a file; ``{port}`` in the URL is that of the server."""
    return run(lambda fetcher, port: fetcher.file(url.format(port=port)), **options)


# -- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "path", "host"),
    [
        ("http://crl.test:{port}/a/b.crl", "/a/b.crl", "crl.test"),
        ("http://CRL.test:{port}/b.crl?x=1&y", "/b.crl?x=1&y", "crl.test"),
        ("http://crl.test:{port}", "/", "crl.test"),
        ("http://user:secret@crl.test:{port}/b.crl#part", "/b.crl", "crl.test"),
        ("http://127.0.0.1:{port}/b.crl", "/b.crl", "127.0.0.1"),
    ],
)
def test_a_file_is_fetched_from_where_its_url_says(url: str, path: str, host: str) -> None:
    outcome = fetch(url)
    assert outcome.found == b"body"
    assert outcome.web.requests == [(f"GET {path} HTTP/1.1", f"{host}:{outcome.web.port}")]


def test_an_address_in_a_url_needs_no_dns() -> None:
    assert fetch("http://127.0.0.1:{port}/b.crl").asked == []


@pytest.mark.parametrize("status", ["404 Not Found", "301 Moved Permanently", "500 Oops"])
def test_a_file_with_another_status_is_none(status: str) -> None:
    assert fetch("http://crl.test:{port}/b.crl", response=page(b"body", status)).found is None


@pytest.mark.parametrize(
    "url",
    [
        "http://nowhere.test:{port}/b.crl",
        "http://crl.test:99999/b.crl",
        "http://crl.test:port/b.crl",
        "http://[::1/b.crl",
        "http:///b.crl",
        "http://a..test:{port}/",
        "http://" + "a" * 70 + ".test/",
        "",
        "nonsense",
    ],
)
def test_a_url_that_leads_nowhere_is_none(url: str) -> None:
    outcome = fetch(url)
    assert outcome.found is None
    assert outcome.web.requests == []


@pytest.mark.parametrize("url", ["http://crl.test:{port}/b.crl", "http://127.0.0.1:{port}/b.crl"])
def test_an_address_that_is_not_public_is_not_connected_to(url: str) -> None:
    outcome = fetch(url, allow_private=False)
    assert outcome.found is None
    assert outcome.web.requests == []


@pytest.mark.parametrize("response", [page(b"body"), b"not HTTP", page(b"", "404 Not Found")])
def test_a_url_is_asked_once_however_many_want_it(response: bytes) -> None:
    async def talk(fetcher: Fetcher, port: int) -> list[bytes | None]:
        url = f"http://crl.test:{port}/b.crl"
        found = await asyncio.gather(*(fetcher.file(url) for _turn in range(20)))
        return [*found, await fetcher.file(url)]

    outcome = run(talk, response)
    assert len(set(outcome.found)) == 1
    assert outcome.web.paths == ["/b.crl"]


def test_each_url_is_asked_for_itself() -> None:
    async def talk(fetcher: Fetcher, port: int) -> t.Any:
        urls = [f"http://crl.test:{port}/{number}" for number in range(40)]
        return await asyncio.gather(*map(fetcher.file, urls))

    outcome = run(talk)
    assert sorted(outcome.web.paths) == sorted(f"/{number}" for number in range(40))
    assert sorted(outcome.asked) == [("crl.test", "A"), ("crl.test", "AAAA")]


def test_some_addresses_of_each_family_are_tried() -> None:
    dead = tuple(f"crl.test. AAAA ::ffff:127.0.0.{number}" for number in range(2, 40))
    outcome = fetch("http://crl.test:{port}/b.crl", zone={**AT_HOME, ("crl.test", "AAAA"): Say(dead)})
    assert outcome.found == b"body"


def test_not_all_addresses_of_a_host_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    async def counted(_host: str, addresses: t.Sequence[str], *_args: t.Any, **_options: t.Any) -> Page:
        tried.extend(addresses)
        return Page(200, {}, b"")

    monkeypatch.setattr(fetching, "fetch", counted)
    many = tuple(f"crl.test. A 127.0.0.{number}" for number in range(1, 200))
    fetch("http://crl.test:{port}/b.crl", zone={("crl.test", "A"): Say(many)})
    assert len(tried) == 4


# -- policies --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


async def policy(fetcher: Fetcher, _port: int, host: str = NAME) -> Page | FetchError:
    try:
        return await fetcher.policy(host, "/p.txt")
    except FetchError as problem:
        return problem


def test_a_policy_is_fetched_over_https(authority: trustme.CA) -> None:
    outcome = run(policy, tls=(authority, NAME))
    assert outcome.found == Page(200, {"content-length": "4"}, b"body")
    assert outcome.web.requests == [("GET /p.txt HTTP/1.1", f"{NAME}:{outcome.web.port}")]


def test_a_policy_host_with_anothers_certificate_is_not_believed(authority: trustme.CA) -> None:
    outcome = run(policy, tls=(authority, "www.p.test"))
    assert outcome.found.kind == "webpki"
    assert outcome.web.requests == []


def test_a_policy_host_without_tls_has_none() -> None:
    assert run(policy).found.kind in ("tls", "http")


def test_a_policy_host_without_an_address_says_so(authority: trustme.CA) -> None:
    problem = run(functools.partial(policy, host="mta-sts.nowhere.test"), tls=(authority, NAME)).found
    assert (problem.kind, problem.detail) == ("connect", "mta-sts.nowhere.test has no address")


def test_a_policy_host_with_a_private_address_is_not_connected_to(authority: trustme.CA) -> None:
    outcome = run(policy, tls=(authority, NAME), allow_private=False)
    assert (outcome.found.kind, outcome.found.detail) == ("connect", f"{NAME} has no address that is public")
    assert outcome.web.requests == []


def test_a_policy_has_a_limit(authority: trustme.CA) -> None:
    outcome = run(policy, page(b"x" * (POLICY_LIMIT + 1)), tls=(authority, NAME))
    assert outcome.found.kind == "too_large"

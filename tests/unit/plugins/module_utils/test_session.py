# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gc
import gzip
import os
import pathlib
import socket
import ssl
import threading
import typing as t
import warnings
import weakref

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _session
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._session import (
    Http,
    Reply,
    TransportFailure,
    trust_in,
    trust_of,
    unpack,
    usual_trust,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.wire_server import (
    WireServer,
    authority,
    in_turn,
    response,
)

_PROXY_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _PROXY_NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def post(
    server: WireServer, *, timeout: float = 5, trust: t.Literal["it", "usual", "all"] = "it", path: str = "/x"
) -> Reply:
    trusts = {"it": lambda: trust_in(server.ca_path), "usual": usual_trust, "all": lambda: None}
    http = Http(trust=trusts[trust](), timeout=timeout)
    try:
        return http.send("POST", f"{server.url}{path}", headers={"Authorization": "Bearer secret-token"}, body=b"{}")
    finally:
        http.close()


def failure(server: WireServer, **how: t.Any) -> TransportFailure:
    with pytest.raises(TransportFailure) as caught:
        post(server, **how)
    assert caught.value.__cause__ is None
    return caught.value


def test_status_headers_and_body_arrive() -> None:
    with WireServer(in_turn(response(207, b"hello", Retry_After="3"))) as server:
        reply = post(server)
    assert (reply.status, reply.headers["retry-after"], reply.body, reply.damaged) == (207, "3", b"hello", False)
    assert server.seen[0].headers["accept-encoding"] == "gzip"
    assert server.seen[0].headers["user-agent"].startswith("ansible-collection-")


def test_a_body_stays_out_of_the_representation() -> None:
    assert "hello" not in repr(Reply(200, {}, b"hello"))


def test_zipped_bodies_are_unzipped() -> None:
    with WireServer(in_turn(response(200, gzip.compress(b"hello"), Content_Encoding="gzip"))) as server:
        reply = post(server)
    assert (reply.body, reply.damaged) == (b"hello", False)


def test_a_false_gzip_does_not_hide_the_status() -> None:
    with WireServer(in_turn(response(403, b"\0" * 4096, Content_Encoding="gzip"))) as server:
        reply = post(server)
    assert (reply.status, reply.body, reply.damaged) == (403, b"\0" * 4096, False)


def test_an_unlabelled_gzip_is_unzipped_too() -> None:
    with WireServer(in_turn(response(200, gzip.compress(b"hello")))) as server:
        assert post(server).body == b"hello"


@pytest.mark.parametrize(
    "answer",
    [
        response(200, b"{}", Content_Length="50", Connection="close"),
        response(200, gzip.compress(b"hello" * 100)[:-12]),
        response(200, b"\x1f\x8b" + b"\0" * 30),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhel",
    ],
    ids=["shorter than announced", "gzip cut off", "gzip in name only", "chunk cut off"],
)
def test_a_body_that_is_not_whole_is_marked(answer: bytes) -> None:
    with WireServer(in_turn(answer)) as server:
        reply = post(server)
    assert reply.status == 200
    assert reply.damaged


def test_endless_bodies_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_session, "BODY_LIMIT", 1000)
    with WireServer(in_turn(response(200, b"x" * 5000, Connection="close"))) as server:
        reply = post(server)
    assert (len(reply.body), reply.damaged) == (1000, True)


def test_a_small_gzip_cannot_fill_the_memory() -> None:
    content, whole = unpack(gzip.compress(b"\0" * 1_000_000), limit=1000)
    assert (len(content), whole) == (1000, False)


def test_a_redirect_is_an_answer_and_the_token_goes_nowhere() -> None:
    with WireServer(in_turn(response(200))) as foreign:
        with WireServer(in_turn(response(302, b"", Location=f"{foreign.url}/take"))) as server:
            reply = post(server)
        assert foreign.seen == []
    assert reply.status == 302


def test_nothing_is_tried_twice() -> None:
    with WireServer(in_turn(None)) as server:
        assert failure(server).kind == "lost"
        assert len(server.seen) == 1


def test_a_connection_kept_open_is_used_again() -> None:
    with WireServer(in_turn(response(200, b"a"))) as server:
        http = Http(trust=trust_in(server.ca_path), timeout=5)
        for _turn in range(3):
            http.send("POST", server.url, headers={}, body=b"{}")
        http.close()
        assert len(server.seen) == 3
        assert len(server._threads) == 2  # the listener and one connection


def test_late_answers_time_out() -> None:
    release = threading.Event()

    def answering(_seen: object) -> bytes:
        release.wait(10)
        return response(200)

    with WireServer(answering) as server:
        problem = failure(server, timeout=0.2)
        release.set()
    assert problem.kind == "timed_out"
    assert "0.2 s" in problem.text


def test_a_closed_port_was_never_connected() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    server = WireServer(in_turn(response(200)))
    server.url = f"https://127.0.0.1:{port}"
    problem = failure(server)
    assert problem.kind == "never_connected"
    assert f"127.0.0.1:{port}" in problem.text
    assert "refused" in problem.text


def test_an_unknown_name_was_never_connected() -> None:
    server = WireServer(in_turn(response(200)))
    server.url = "https://no-such-host.invalid"
    assert failure(server).kind == "never_connected"


def test_a_port_without_tls_is_told_from_a_lost_answer() -> None:
    with WireServer(in_turn(response(200)), tls=False) as server:
        server.url = server.url.replace("http:", "https:")
        problem = failure(server)
        assert server.seen == []
    assert problem.kind == "untrusted"
    assert "does not speak TLS" in problem.text


def test_a_foreign_certificate_is_not_trusted() -> None:
    with WireServer(in_turn(response(200))) as server:
        problem = failure(server, trust="usual")
        assert server.seen == []
    assert problem.kind == "untrusted"
    assert "ca_path" in problem.text


def test_a_certificate_for_another_name_is_not_trusted() -> None:
    with WireServer(in_turn(response(200)), name="other.example") as server:
        problem = failure(server)
        assert server.seen == []
    assert problem.kind == "untrusted"


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_no_variable_replaces_the_ca_file(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setenv(name, str(tmp_path / "elsewhere.pem"))
    with WireServer(in_turn(response(200, b"ok"))) as server:
        assert post(server).body == b"ok"


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_no_variable_makes_a_foreign_certificate_trusted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with WireServer(in_turn(response(200))) as server:
        monkeypatch.setenv(name, server.ca_path)
        assert failure(server, trust="usual").kind == "untrusted"


def test_unchecked_means_unchecked_and_says_so_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/hostname")
    with warnings.catch_warnings(), WireServer(in_turn(response(200, b"ok"))) as server:
        assert post(server, trust="all").body == b"ok"


def test_passwords_in_netrc_are_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login joe password pass\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with WireServer(in_turn(response(200))) as server:
        post(server)
        assert server.seen[0].headers["authorization"] == "Bearer secret-token"


def test_proxies_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = response(407, b"", Connection="close")
    with WireServer(in_turn(refusing), tls=False) as proxy, WireServer(in_turn(response(200))) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://joe:pass-word@127.0.0.1:{proxy.port}")
        problem = failure(server)
        assert server.seen == []
    (asked,) = proxy.seen
    assert (asked.method, asked.path) == ("CONNECT", f"127.0.0.1:{server.port}")
    assert "secret-token" not in repr(asked)
    assert problem.kind == "never_connected"
    assert f"through the proxy 127.0.0.1:{proxy.port}" in problem.text
    assert "pass-word" not in problem.text


@pytest.mark.parametrize(("trust", "asked"), [("it", 1), ("usual", 0)])
def test_a_proxy_that_speaks_tls_is_verified_like_a_server(
    trust: t.Literal["it", "usual"], asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = response(407, b"", Connection="close")
    with WireServer(in_turn(refusing)) as proxy, WireServer(in_turn(response(200))) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{proxy.port}")
        assert failure(server, trust=trust).kind == ("never_connected" if asked else "untrusted")
        assert [one.method for one in proxy.seen] == ["CONNECT"] * asked


def test_no_proxy_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with WireServer(in_turn(response(200, b"ok"))) as server:
        assert post(server).body == b"ok"


def test_a_session_without_proxies_takes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with WireServer(in_turn(response(200, b"ok"))) as server:
        http = Http(trust=trust_in(server.ca_path), timeout=5, proxies=False)
        assert http.send("GET", server.url, headers={}).body == b"ok"
        http.close()


def test_who_is_trusted() -> None:
    _ca, path = authority()
    own, usual = trust_of({"ca_path": path}), trust_of({"ca_path": None, "validate_certs": True})
    assert own is not None
    assert usual is usual_trust()
    assert len(usual.get_ca_certs()) > len(own.get_ca_certs()) == 1
    for trust in (own, usual):
        assert (trust.verify_mode, trust.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert trust_of({"ca_path": path, "validate_certs": False}) is None


@pytest.mark.parametrize("trust", ["it", "all"])
def test_who_lets_go_of_it_has_closed_its_connections(trust: str) -> None:
    """At once: the garbage collector may be long in coming, and in a worker of Ansible it never looks at some of it."""
    with WireServer(in_turn(response(200, b"a"))) as server:
        gc.disable()
        try:
            before = len(os.listdir("/proc/self/fd"))
            http = Http(trust=trust_in(server.ca_path) if trust == "it" else None, timeout=5)
            http.send("POST", server.url, headers={}, body=b"{}")
            gone = weakref.ref(http._session.get_adapter(server.url))
            del http
            assert gone() is None
            # The server's end may still be open.
            assert len(os.listdir("/proc/self/fd")) <= before + 1
        finally:
            gc.enable()


def test_a_broken_installation_of_the_usual_certificates_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requests.utils.DEFAULT_CA_BUNDLE_PATH", "/nowhere/cacert.pem")
    usual_trust.cache_clear()
    with pytest.raises(ExchangeError, match=r"/nowhere/cacert.pem \(No such file.*set ca_path") as caught:
        trust_of({})
    assert caught.value.kind == "dependency"


def test_certificates_are_read_once_for_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each of them, as requests does."""
    read: list[object] = []
    with WireServer(in_turn(response(200, b"", Connection="close"))) as server:
        http = Http(trust=trust_in(server.ca_path), timeout=5)
        monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *where, **more: read.append((where, more)))
        for _turn in range(3):
            assert http.send("POST", server.url, headers={}, body=b"{}").status == 200
        http.close()
    assert read == []


def test_a_ca_file_of_no_use_is_refused_before_anything_is_sent(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match=r"ca_path: .*No such file"):
        trust_of({"ca_path": str(tmp_path / "missing.pem")})
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing\n")
    with pytest.raises(InputError, match=r"ca_path: .*no certificate"):
        trust_of({"ca_path": str(empty)})

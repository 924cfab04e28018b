# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that others use as well, and services that answer with what breaks clients."""

from __future__ import annotations

import contextlib
import os
import pathlib
import socket
import stat
import threading
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _session
from ansible_collections.mailflow.exchange_online.plugins.module_utils._certificate import exposure

#: Mode of the file, mode of its directory -> words of the warning, none where there is none.
MODES: dict[tuple[int, int], tuple[str, ...]] = {
    (0o600, 0o700): (),
    (0o640, 0o750): (),  # a group that is meant to
    (0o400, 0o1777): (),  # as in /tmp: nobody else may replace it
    (0o644, 0o755): ("read by every user", "can sign in as this application", "chmod 600 '"),
    (0o644, 0o700): ("read by every user", "chmod 600 '"),
    (0o622, 0o755): ("replaced by every user", "chmod 600 '"),
    (0o600, 0o777): ("replaced by every user", "its directory", "chmod o-w '"),
}


@pytest.mark.parametrize("modes", MODES)
def test_who_lets_others_read_or_replace_what_signs_in_is_told(modes: tuple[int, int], tmp_path: pathlib.Path) -> None:
    place = tmp_path / "keys"
    place.mkdir()
    key = place / "app.pem"
    key.write_text("x", encoding="utf-8")
    key.chmod(modes[0])
    place.chmod(modes[1])
    warnings = exposure("certificate_path", str(key))
    words = MODES[modes]
    assert len(warnings) == bool(words)
    for warning in warnings:
        assert warning.startswith(f"certificate_path: '{key}' can be ")
        assert [word for word in words if word not in warning] == []
        assert warning.endswith(".")


def test_what_is_mounted_read_only_is_nobodys_to_change(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    key = tmp_path / "app.pem"
    key.write_text("x", encoding="utf-8")
    key.chmod(0o644)
    real = os.statvfs(key)
    assert len(exposure("certificate_path", str(key))) == 1
    mounted = os.statvfs_result((*real[:8], real.f_flag | os.ST_RDONLY, *real[9:]))
    monkeypatch.setattr(os, "statvfs", lambda _path: mounted)
    assert exposure("certificate_path", str(key)) == []


def test_the_remedy_helps(tmp_path: pathlib.Path) -> None:
    key = tmp_path / "app.pem"
    key.write_text("x", encoding="utf-8")
    key.chmod(0o666)
    (warning,) = exposure("certificate_path", str(key))
    mode, path = warning.partition("run chmod ")[2].rstrip(".").split(" ", 1)
    pathlib.Path(path.strip("'")).chmod(int(mode, 8))
    assert exposure("certificate_path", str(key)) == []
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@contextlib.contextmanager
def answering(answer: bytes, more: bytes = b"") -> t.Iterator[tuple[str, list[int]]]:
    """A server that gives one answer, and then ``more`` for as long as anybody takes it; and what it could send."""
    sent = [0]
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _address = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                connection.sendall(answer)
                while more and sent[0] < 200 * 1024 * 1024:
                    connection.sendall(more)
                    sent[0] += len(more)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", sent
        thread.join()


HEAD = b"HTTP/1.1 %s\r\nConnection: close\r\n%s\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        HEAD % (b"200 OK", b"Content-Length: \xb2\r\n") + b"{}",
        HEAD % (b"200 OK", b"Content-Length: " + b"9" * 5000 + b"\r\n") + b"{}",
        HEAD % (b"302 Found", b"Location: http://[\r\n"),
        HEAD % (b"302 Found", b"Location: \xff\xfe\r\n"),
        HEAD % (b"307 Again", b"Location: https://127.0.0.1:9/\r\n"),
        HEAD % (b"200 OK", b"Set-Cookie: \x1b=\xff; expires=Mon, 99 Foo 0000 00:00:00 GMT\r\n") + b"{}",
        HEAD % (b"401 \xff", b"WWW-Authenticate: Basic\r\nWWW-Authenticate: \xff\r\n"),
    ],
    ids=["length-of-no-digits", "endless-length", "broken-place", "place-of-bytes", "elsewhere", "cookie", "challenge"],
)
def test_an_odd_answer_is_an_answer(answer: bytes) -> None:
    """An answer was there, so the command may have been carried out: it must not count as never sent."""
    http = _session.Http(trust=None, timeout=5.0)
    with answering(answer) as (url, _sent):
        reply = http.send("POST", url, headers={"Authorization": "Bearer x"}, body=b"{}")
    assert reply.status == int(answer[9:12])
    http.close()


def test_a_redirection_without_end_is_not_read() -> None:
    http = _session.Http(trust=None, timeout=5.0)
    head = HEAD % (b"302 Found", b"Location: https://127.0.0.1:9/\r\n")
    with answering(head, b"x" * 1024 * 1024) as (url, sent):
        reply = http.send("POST", url, headers={}, body=b"{}")
        http.close()
    assert (reply.status, reply.damaged) == (302, True)
    assert len(reply.body) <= _session.BODY_LIMIT
    assert sent[0] < 80 * 1024 * 1024

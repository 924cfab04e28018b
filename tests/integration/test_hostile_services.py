# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that sends us elsewhere, and a fault of ours while we hold its token: nobody else gets to see a secret."""

from __future__ import annotations

import http.server
import json
import threading
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import Client
from ansible_collections.mailflow.exchange_online.tests.integration.both_ways import where
from ansible_collections.mailflow.exchange_online.tests.lab import Fault

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

__all__ = ["where"]


def test_a_crash_shows_no_secret(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours names its place; what it was about stays inside."""
    held: list[str] = []

    def crash(client: Client, *_arguments: object) -> t.NoReturn:
        held.append(client._sender._tokens.token().value)
        raise RuntimeError(f"{held} {run.lab.tenant.client_secret}")

    for name in ("read_all", "read_each"):
        monkeypatch.setattr(Client, name, crash)
    result = run.connectors({"name": "x", "direction": "outbound", "recipient_domains": ["a.example"]})
    assert "Unexpected RuntimeError in test_hostile_services.py:" in result["msg"]
    assert held
    printed = json.dumps(result)
    assert [secret for secret in (*held, run.lab.tenant.client_secret) if secret in printed] == []


class Elsewhere(threading.Thread):
    """Listens where nothing of ours belongs, and keeps what comes."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[str] = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"127.0.0.1:{self.server.server_port}"

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        came = self.came.append

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle(self) -> None:
                came(self.rfile.readline().decode("latin-1"))

        return Handler

    def run(self) -> None:
        self.server.serve_forever(poll_interval=0.05)

    def __enter__(self) -> t.Self:
        self.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self.server.shutdown()
        self.join()
        self.server.server_close()


@pytest.mark.parametrize(
    ("service", "action", "arguments"),
    [
        ("admin", "redirect", {"location": "http://{}/adminapi/beta/x"}),
        ("admin", "redirect", {"location": "https://{}/adminapi/beta/x", "status": 307}),
        ("admin", "redirect", {"location": "//{}/adminapi/", "status": 308}),
        ("admin", "bad_next_link", {"host": "{}"}),
        ("entra", "redirect", {"location": "http://{}/token", "status": 307}),
    ],
)
def test_secrets_go_to_the_service_and_nowhere_else(
    service: str, action: str, arguments: dict[str, t.Any], run: Run
) -> None:
    with Elsewhere() as other:
        said = {
            key: value.format(other.address) if isinstance(value, str) else value for key, value in arguments.items()
        }
        match = {"service": service, **({"cmdlet": "Get-*"} if action == "bad_next_link" else {})}
        run.lab.faults.add(Fault(match, action, times=None, **said))
        result = run.module("connector_info")
        assert result["failed"] is True, result
        assert result["error"]["kind"] in ("rejected", "incomplete", "authentication")
    assert other.came == []

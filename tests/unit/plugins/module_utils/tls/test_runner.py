# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that cannot say anything about anybody end with a sentence on what to do."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import resolver
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.options import (
    partner_options,
    probe_options,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.runner import run_partner_tls_info
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls import smtp_peer
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.dns_peer import unused_server


@pytest.fixture(scope="session")
def ca_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("trusted") / "ca.pem"
    smtp_peer.authority().cert_pem.write_to_path(str(path))
    return str(path)


def run(**given: t.Any) -> ExchangeError:
    """Return what a run with these options ends with; the others are as by default."""
    options = {name: option.get("default") for name, option in probe_options().items()}
    entry = {name: option.get("default") for name, option in partner_options().items()} | {"domain": "p.test"}
    with pytest.raises(ExchangeError) as caught:
        run_partner_tls_info(
            {**options, "partners": [entry], **given}, check_mode=False, on_secret=lambda _secret: None
        )
    return caught.value


def test_resolvers_that_do_not_answer_are_named(ca_path: str) -> None:
    address, port = unused_server()
    problem = run(resolvers=[f"{address}:{port}"], ca_path=ca_path)
    assert (problem.kind, problem.retryable) == ("network", True)
    assert f"{address}:{port}" in str(problem)
    assert "'resolvers'" in str(problem)


def test_servers_that_are_given_by_address_need_no_resolver(ca_path: str) -> None:
    resolver_address, resolver_port = unused_server()
    options = {name: option.get("default") for name, option in probe_options().items()}
    entry = {name: option.get("default") for name, option in partner_options().items()}
    with smtp_peer.closed_port() as port:
        given = {
            "partners": [{**entry, "domain": "p.test", "smart_hosts": ["127.0.0.1"]}],
            "resolvers": [f"{resolver_address}:{resolver_port}"],
            "ca_path": ca_path,
            "port": port,
            "allow_private": True,
        }
        result = run_partner_tls_info({**options, **given}, check_mode=False, on_secret=lambda _secret: None)
    (partner,) = result.data["partners"]
    assert partner["verdict"] == "unreachable"


def test_a_system_without_a_resolver_asks_for_one(
    ca_path: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver, "_RESOLV_CONF", tmp_path / "resolv.conf")
    problem = run(ca_path=ca_path)
    assert problem.kind == "input"
    assert str(problem) == ("resolvers: is not given and the system names no DNS resolver; give the address of one.")


def test_authorities_that_cannot_be_read_are_named(tmp_path: pathlib.Path) -> None:
    problem = run(resolvers=["127.0.0.1"], ca_path=str(tmp_path / "missing.pem"))
    assert problem.kind == "input"
    assert str(problem).startswith(f"ca_path: {tmp_path}/missing.pem cannot be read")

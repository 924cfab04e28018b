# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partners' world as a whole: its table, its life, its programs."""

from __future__ import annotations

import ipaddress
import json
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab import Lab, RemoteLab
from ansible_collections.mailflow.exchange_online.tests.lab.partners import CASES, PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab.partners.__main__ import main
from ansible_collections.mailflow.exchange_online.tests.lab.partners.cases import TABLE
from ansible_collections.mailflow.exchange_online.tests.lab.partners.many import many
from ansible_collections.mailflow.exchange_online.tests.lab_tests.partner_client import Smtp, address, context, look

COLLECTIONS = pathlib.Path(__file__).resolve().parents[2] / ".cache" / "collections"
PACKAGE = "ansible_collections.mailflow.exchange_online.tests.lab"
LEVELS = ("opportunistic", "encryption_only", "certificate_validation", "domain_validation")


# -- the table -------------------------------------------------------------------------------------------------------


def test_domains_are_reserved_ones_and_stand_once() -> None:
    domains = [case.ascii_domain for case in CASES.values()]
    assert len(set(domains)) == len(domains)
    assert {domain.rsplit(".", 1)[1] for domain in domains} == {"test"}


def test_each_server_has_a_network_of_its_own() -> None:
    shared = set(TABLE.addresses_of(CASES["ee_smarthost_network"]))
    addresses = [one for found in TABLE.addresses.values() for one in found if one != "::1" and one not in shared]
    networks = {ipaddress.ip_network(f"{one}/24", strict=False) for one in addresses}
    assert len(networks) == len(addresses)
    assert all(ipaddress.ip_address(one).is_loopback for one in addresses)
    assert len(shared) == 2


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_expected_is_no_contradiction(case: t.Any) -> None:
    expected = case.expected
    if "ready" in expected.verdicts:
        assert expected.delivery == "ok"
    if expected.sustains is None:
        assert "ready" not in expected.verdicts
        return
    for level, verdict in expected.verdicts._asdict().items():
        if verdict == "ready":
            assert LEVELS.index(expected.sustains) >= LEVELS.index(level)
        if LEVELS.index(expected.sustains) >= LEVELS.index(level) and expected.delivery == "ok":
            # Only a name that nobody gave keeps back what is there.
            assert verdict == "ready" or case.certificate_name == ""
    if expected.basis == "assumed":
        assert expected.note


def test_what_a_probe_is_asked() -> None:
    smart_hosts = {
        case_id: TABLE.partner(CASES[case_id])["smart_hosts"]
        for case_id in ("a_good", "ee_smarthost_ip", "ee_smarthost_name", "ee_smarthost_network")
    }
    network = str(ipaddress.ip_network(f"{address('ee_smarthost_network')}/31", strict=False))
    assert smart_hosts == {
        "a_good": [],
        "ee_smarthost_ip": [address("ee_smarthost_ip")],
        "ee_smarthost_name": ["mx.ee-smarthost-name.test"],
        "ee_smarthost_network": [network],
    }
    asked = TABLE.partner(CASES["x_idn"], "domain_validation")
    assert (asked["domain"], asked["level"]) == ("bücher-x.test", "domain_validation")
    assert asked["certificate_name"] == "mx.xn--bcher-x-n2a.test"


# -- its life --------------------------------------------------------------------------------------------------------


def test_it_starts_and_stops_without_a_trace() -> None:
    before = threading.active_count()
    world = PartnerWorld()
    world.stop()
    with world, Smtp(world, address("p_hang")) as hanging, Smtp(world, address("p_flood")) as flooding:
        directory = pathlib.Path(world.ca_path).parent
        assert flooding.socket.recv(3) == b"220"
        ports = (world.port, world.policy_port)
        world.stop()
        world.stop()
        assert hanging.socket.recv(1) == b""
    assert threading.active_count() == before
    assert not directory.exists()
    for case_id, port in (("a_good", ports[0]), ("w_sts_ok", ports[1])):
        where = address(case_id) if port == ports[0] else TABLE.policy_address(CASES[case_id])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((where, port), timeout=20)
    with pytest.raises(RuntimeError, match="not running"):
        _unused = world.ca_path


def test_two_worlds_at_once_are_strangers() -> None:
    with PartnerWorld(["a_good", "y_refused"]) as one, PartnerWorld(["a_good", "y_refused"]) as other:
        assert one.port != other.port
        tls = context(ca_path=other.ca_path)
        look(other, "a_good", tls)
        assert one.visits("a_good") == []
        with pytest.raises(ssl.SSLCertVerificationError):
            look(one, "a_good", tls)
        for world in (one, other):
            with pytest.raises(ConnectionRefusedError):
                Smtp(world, address("y_refused"))


def test_a_part_of_the_table() -> None:
    with PartnerWorld(["m_near_expiry", "a_good"]) as world:
        assert [case.id for case in world.cases] == ["a_good", "m_near_expiry"]
        assert [one["domain"] for one in world.partners("encryption_only")] == ["a-good.test", "m-near-expiry.test"]
        look(world, "m_near_expiry")
    with pytest.raises(KeyError, match="No partner of the lab is named 'nobody'"):
        PartnerWorld(["nobody"])


def test_where_it_cannot_listen_it_says_so_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = threading.active_count()
    module = f"{PACKAGE}.partners.sockets"
    monkeypatch.setattr(sys.modules[module], "_KEEPER", "192.0.2.1")
    with pytest.raises(OSError, match="assign requested address"):
        PartnerWorld(["a_good"]).start()
    assert threading.active_count() == before


def test_without_ipv6_the_partners_that_need_it_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[f"{PACKAGE}.partners.world"], "has_ipv6", lambda: False)
    assert [case.id for case in PartnerWorld(["a_good", "r_ipv6"]).cases] == ["a_good"]


# -- many ------------------------------------------------------------------------------------------------------------


def test_many_partners() -> None:
    with many(30, hang=2, key="ec") as world:
        assert len(world.partners()) == 30
        told = world.describe()["partners"]
        assert [one["slow"] for one in told] == [False] * 28 + [True] * 2
        assert len({one["addresses"][0].rsplit(".", 1)[0] for one in told}) == 30
        with Smtp(world, told[27]["addresses"][0]) as talk:
            assert talk.to_starttls()[0].startswith("220 ")
            assert talk.secure(context(ca_path=world.ca_path), "mx.p00027.example").version() == "TLSv1.3"
        with Smtp(world, told[28]["addresses"][0]) as talk:
            assert talk.silent_for(0.3)
        with Smtp(world, told[29]["addresses"][0]) as talk:
            assert talk.reply()[0].startswith("220 ")
            talk.socket.sendall(b"EHLO probe.example.net\r\n")
            assert talk.silent_for(0.3)
        assert [one["expected"]["codes"] for one in told[27:]] == [[], ["banner_timeout"], ["reply_timeout"]]


# -- programs --------------------------------------------------------------------------------------------------------


def start(module: str, *arguments: str) -> tuple[subprocess.Popen[str], dict[str, t.Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(COLLECTIONS)},
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


@pytest.mark.parametrize("arguments", [("--case", "a_good"), ("--many", "3", "--hang", "1", "--latency", "0.01")])
def test_the_program(arguments: tuple[str, ...]) -> None:
    process, told = start(f"{PACKAGE}.partners", "--exit-on-eof", *arguments)
    with process:
        first = told["partners"][0]
        with socket.create_connection((first["addresses"][0], told["options"]["port"]), timeout=20) as talk:
            assert talk.recv(4) == b"220 "
        assert told["pid"] == process.pid
        process.communicate(timeout=30)
        assert process.returncode == 0
    assert not pathlib.Path(told["options"]["ca_path"]).exists()


def test_the_program_counts_what_came_since_it_was_last_asked() -> None:
    process, told = start(f"{PACKAGE}.partners", "--many", "2", "--exit-on-eof")
    with process:
        asking, answers = t.cast("t.TextIO", process.stdin), t.cast("t.TextIO", process.stdout)

        def seen() -> dict[str, t.Any]:
            print(file=asking, flush=True)
            return t.cast("dict[str, t.Any]", json.loads(answers.readline()))

        before = seen()
        for index in (0, 0, 1):
            address = told["partners"][index]["addresses"][0]
            with socket.create_connection((address, told["options"]["port"]), timeout=20) as talk:
                assert talk.recv(4) == b"220 "
        after = seen()
        assert {**after, "cpu": 0} == {"connections": 3, "addresses": 2, "questions": 0, "requests": 0, "cpu": 0}
        assert after["cpu"] >= before["cpu"] > 0
        assert seen()["connections"] == 0
        process.communicate(timeout=30)
        assert process.returncode == 0


def test_the_program_ends_on_a_signal() -> None:
    process, _told = start(f"{PACKAGE}.partners", "--case", "a_good")
    with process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_the_program_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["partners", "--case", "nobody"])
    monkeypatch.setattr(signal, "signal", lambda *_arguments: None)
    assert main() == 2
    assert capsys.readouterr().err == "partners: No partner of the lab is named 'nobody'\n"


def test_the_lab_with_partners() -> None:
    with Lab(partners=True) as lab:
        look(lab.partners, "a_good")
        assert lab.describe()["partners"]["options"] == lab.partners.module_options()
        lab.reset()
        assert lab.partners.journal.visits == []
        assert lab.partners.module_options()["ca_path"] != lab.ca_path
        remote = RemoteLab(lab.describe())
        assert remote.partners["options"]["resolvers"] == [lab.partners.resolver]
    with Lab() as lab:
        assert "partners" not in lab.describe()
        with pytest.raises(RuntimeError, match="without partners"):
            _unused = lab.partners


def test_the_lab_program_with_partners() -> None:
    process, told = start(PACKAGE, "--partners", "--exit-on-eof")
    with process:
        assert len(told["partners"]["partners"]) >= len(CASES) - 1
        process.communicate(timeout=30)
        assert process.returncode == 0


def test_it_starts_soon() -> None:
    with PartnerWorld(["a_good"]):  # keys are made once a process
        pass
    began = time.monotonic()
    with PartnerWorld():
        pass
    assert time.monotonic() - began < 10

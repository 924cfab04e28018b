# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab as a whole: its life, its journal, its switches, seeds and tokens."""

from __future__ import annotations

import pathlib
import stat
import threading
import typing as t

import pytest
import requests

from ansible_collections.mailflow.exchange_online.tests.lab import AppSeed, Lab, Seed, TenantSeed
from ansible_collections.mailflow.exchange_online.tests.lab.journal import Journal, is_write
from ansible_collections.mailflow.exchange_online.tests.lab.seeds import load_seed
from ansible_collections.mailflow.exchange_online.tests.lab.switches import Switch, Switches
from ansible_collections.mailflow.exchange_online.tests.lab.tokens import TokenInfo, TokenProblem
from ansible_collections.mailflow.exchange_online.tests.lab_tests import entra_client as entra

MakeLab = t.Callable[..., Lab]
ONE = {"outbound": [{"Name": "to fabrikam", "RecipientDomains": ["fabrikam.com"]}]}


# -- life -------------------------------------------------------------------------------------------------------------


def test_several_labs_at_once_are_strangers(lab: Lab, make_lab: MakeLab) -> None:
    other = make_lab()
    assert len({lab.authority_url, lab.api_url, lab.imds_url, lab.control_url, other.api_url}) == 5
    assert lab.tenant.client_secret != other.tenant.client_secret
    token = entra.by_form(other).json()["access_token"]
    assert isinstance(other.world.tokens.verify(token), TokenInfo)
    assert lab.world.tokens.verify(token) is TokenProblem.UNKNOWN


def test_nothing_is_left_when_it_ends() -> None:
    before = set(threading.enumerate())
    with Lab() as lab:
        directory, url = lab.state_dir, lab.authority_url
        with entra.session(lab) as kept_alive:
            assert kept_alive.get(f"{url}/x", timeout=10).status_code == 404
            lab.stop()
            with pytest.raises(requests.ConnectionError):
                kept_alive.get(f"{url}/x", timeout=10, verify=False)
        lab.stop()
    assert not directory.exists()
    assert set(threading.enumerate()) == before
    assert lab.tenant.outbound == []


def test_files_with_secrets_are_for_their_owner_only(lab: Lab) -> None:
    for path in (lab.tenant.certificate_pem_path, lab.tenant.pfx_path, lab.tenant.federated_token_path):
        assert stat.S_IMODE(pathlib.Path(path).stat().st_mode) == 0o600


def test_a_given_state_directory_is_kept(tmp_path: pathlib.Path) -> None:
    with Lab(state_dir=tmp_path / "state") as lab:
        assert lab.ca_path == str(tmp_path / "state" / "ca.pem")
    assert (tmp_path / "state" / "ca.pem").exists()


def test_a_start_that_fails_leaves_nothing(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(threading.enumerate())
    with pytest.raises(KeyError, match="get_unknown_identity"):
        Lab(switches={"get_unknown_identities": "all"}).start()
    with pytest.raises(ValueError, match="Bogus"):
        Lab({"tenants": [{"outbound": [{"Name": "x", "Bogus": 1}]}]}).start()
    assert list(tmp_path.iterdir()) == []
    assert set(threading.enumerate()) == before


def test_the_certificate_is_for_both_names(lab: Lab) -> None:
    with entra.session(lab) as http:
        for name in ("127.0.0.1", "localhost"):
            assert http.get(lab.authority_url.replace("127.0.0.1", name), timeout=10).status_code == 404
        with pytest.raises(requests.exceptions.SSLError):
            http.get(lab.authority_url, timeout=10, verify=True)


def test_reset_goes_back_to_the_seed(make_lab: MakeLab) -> None:
    lab = make_lab({"tenants": [ONE]}, latency=0.25, switches={"token_lifetime": 100})
    token = entra.by_form(lab).json()["access_token"]
    lab.switches["token_lifetime"] = 5
    lab.latency = 9
    guid = lab.tenant.outbound[0]["Guid"]
    lab.reset()
    assert (lab.switches["token_lifetime"], lab.latency, lab.journal.entries) == (100, 0.25, [])
    assert [(one["Name"], one["Guid"]) for one in lab.tenant.outbound] == [("to fabrikam", guid)]
    assert lab.world.tokens.verify(token) is TokenProblem.UNKNOWN


def test_connection_and_environment(lab: Lab) -> None:
    second = list(lab.tenants.values())[1]
    for tenant in (lab.tenant, second):
        options = lab.connection(tenant)
        assert options["client_secret"] == tenant.client_secret
        assert lab.environment(tenant) == {f"EXO_{name.upper()}": value for name, value in options.items()}
    assert set(lab.connection()) == {"tenant_id", "client_id", "client_secret", "api_url", "authority_url", "ca_path"}


# -- journal ----------------------------------------------------------------------------------------------------------


def test_requests_are_written_down_without_their_secrets(lab: Lab) -> None:
    lab_secret = lab.tenant.client_secret
    federated = pathlib.Path(lab.tenant.federated_token_path).read_text()
    entra.by_form(lab)
    entra.by_form(lab, client_secret="wrong-canary")
    entra.by_assertion(lab, federated)
    with entra.session(lab) as http:
        http.get(f"{lab.authority_url}/x", headers={"Authorization": "Bearer canary", "Cookie": "canary"}, timeout=10)
    text = repr(lab.journal.entries)
    for secret in (lab_secret, "wrong-canary", federated, "canary", *lab.issued_tokens()):
        assert secret not in text
    first, second, third, last = lab.journal.entries
    assert [entry.status for entry in lab.journal.entries] == [200, 401, 200, 404]
    assert (first.seq, second.seq) == (1, 2)
    assert first.parameters[0]["client_secret"] == third.parameters[0]["client_assertion"] == "[redacted]"
    assert second.outcome == "AADSTS7000215"
    assert (first.client_id, first.tenant) == (lab.tenant.client_id, lab.tenant.tenant_id)
    assert last.headers["authorization"] == "Bearer [redacted]"
    assert first.evidence == "entra.token"
    lab.journal.clear()
    assert lab.journal.entries == []


def test_nested_secrets_are_hidden_as_well() -> None:
    journal = Journal()
    entry = journal.record(
        "admin", "POST", "/", status=200, parameters=[{"a": [{"Password": "x"}], "Name": "y", "b": {"Access_Token": 1}}]
    )
    hidden = "[redacted]"
    assert entry.parameters == [{"a": [{"Password": hidden}], "Name": "y", "b": {"Access_Token": hidden}}]


def test_what_the_journal_is_asked_for() -> None:
    journal = Journal()
    journal.record("entra", "POST", "/t", status=200, cmdlets=["token"])
    journal.record("entra", "GET", "/d", status=200, cmdlets=["discovery"])
    journal.record("imds", "GET", "/i", status=200, cmdlets=["token"])
    journal.record("admin", "POST", "/r", status=200, cmdlets=["Get-InboundConnector"])
    journal.record("admin", "POST", "/b", status=200, cmdlets=["Get-X", "set-OutboundConnector"], batch=True)
    journal.record("admin", "POST", "/v", status=200, cmdlets=["Validate-OutboundConnector"])
    journal.record("admin", "GET", "/404", status=404)
    assert [one.path for one in journal.tokens()] == ["/t", "/i"]
    assert [one.path for one in journal.admin()] == ["/r", "/b", "/v", "/404"]
    assert [one.path for one in journal.writes()] == ["/b"]
    assert [one.path for one in journal.reads()] == ["/r", "/v"]
    assert journal.writes()[0].writing == ["set-OutboundConnector"]
    assert journal.commands("outbound") == ["set-OutboundConnector", "Validate-OutboundConnector"]
    assert is_write("Enable-OrganizationCustomization")


# -- switches ---------------------------------------------------------------------------------------------------------

TABLE = (
    Switch("word", "a", ("a", "b"), "?"),
    Switch("yes_no", "no", ("no", "yes"), "?"),
    Switch("status", 400, (400, 401), "?"),
    Switch("number", 3, None, "?"),
    Switch("seconds", 0.5, None, "?"),
    Switch("text", "", None, "?"),
)


def test_switches_take_what_is_on_offer() -> None:
    switches = Switches(TABLE, {"word": "b", "yes_no": True, "status": "401"})
    assert switches.as_dict() == {"word": "b", "yes_no": "yes", "status": 401, "number": 3, "seconds": 0.5, "text": ""}
    switches.update({"number": "7", "seconds": 2, "text": 5, "yes_no": False})
    assert [switches[name] for name in ("number", "seconds", "text", "yes_no")] == [7, 2.0, "5", "no"]
    assert switches.changed() == {"word": "b", "status": 401, "number": 7, "seconds": 2.0, "text": "5"}
    switches.reset()
    assert switches.changed() == {"word": "b", "yes_no": "yes", "status": 401}


@pytest.mark.parametrize(
    ("name", "value"),
    [("word", "c"), ("word", True), ("status", 500), ("number", "many"), ("number", True), ("seconds", None)],
)
def test_switches_take_nothing_else(name: str, value: object) -> None:
    switches = Switches(TABLE)
    with pytest.raises(ValueError, match=name):
        switches[name] = value
    with pytest.raises(ValueError, match=name):
        switches.update({"text": "x", name: value})
    assert switches.changed() == {}


def test_an_unknown_switch_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(KeyError, match="'seconds' is"):
        _unused = Switches(TABLE)["secondss"]
    with pytest.raises(ValueError, match="Two switches"):
        Switches((*TABLE, TABLE[0]))


# -- seeds ------------------------------------------------------------------------------------------------------------


def test_the_usual_seed(lab: Lab) -> None:
    assert [tenant.domain for tenant in lab.tenants.values()] == ["contoso.onmicrosoft.com", "fabrikam.onmicrosoft.com"]
    assert {one["DomainName"] for one in lab.tenant.accepted_domains} == {"contoso.onmicrosoft.com", "contoso.example"}
    assert (lab.tenant.outbound, lab.tenant.inbound) == ([], [])


def test_forms_of_a_seed(tmp_path: pathlib.Path) -> None:
    as_yaml = tmp_path / "seed.yml"
    as_yaml.write_text(
        "latency: 0.5\nswitches: {token_lifetime: 60}\n"
        "tenants: [{domain: a.onmicrosoft.com, apps: [{name: x}], generate: {outbound: 2}}, {}]\n"
    )
    read = load_seed(as_yaml)
    assert (read.latency, read.switches) == (0.5, {"token_lifetime": 60})
    assert [(one.domain, one.accepted_domains) for one in read.tenants] == [
        ("a.onmicrosoft.com", ["a.example"]),
        ("fabrikam.onmicrosoft.com", ["fabrikam.example"]),
    ]
    assert [app.name for app in read.tenants[0].apps] == ["x"]
    same = load_seed({"tenants": [TenantSeed(domain="a.onmicrosoft.com"), {"apps": [AppSeed()]}]})
    assert [one.domain for one in same.tenants] == [one.domain for one in read.tenants]
    assert load_seed(TenantSeed()).tenants == load_seed([TenantSeed()]).tenants == Seed([TenantSeed()]).tenants


@pytest.mark.parametrize(
    ("seed", "told"),
    [
        ({"tennants": []}, "tennants"),
        ({"tenants": []}, "needs a tenant"),
        ({"tenants": [{"outbounds": []}]}, "outbounds"),
        ({"tenants": [{"apps": [{"password": "x"}]}]}, "password"),
        ({"tenants": [{"cloud": "mars"}]}, "mars"),
        ({"tenants": [{"generate": {"domains": 1}}]}, "domains"),
        ({"tenants": [{"apps": [{"managed_identity": "mine"}]}]}, "mine"),
    ],
)
def test_a_seed_that_cannot_be_is_refused(seed: dict[str, t.Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        load_seed(seed)


def test_a_seed_fills_the_tenants(make_lab: MakeLab) -> None:
    tenant_id = "11111111-2222-3333-4444-555555555555"
    lab = make_lab({"tenants": [{**ONE, "tenant_id": tenant_id, "generate": {"outbound": 30, "inbound": 40}}]})
    assert list(lab.tenants) == [tenant_id]
    assert (len(lab.tenant.outbound), len(lab.tenant.inbound)) == (31, 40)


# -- tokens -----------------------------------------------------------------------------------------------------------


def test_what_a_token_is_good_for(lab: Lab) -> None:
    tokens = lab.world.tokens
    good, stale, other, future = (
        lab.tenant.issue_token(),
        lab.tenant.issue_token(lifetime=-1),
        lab.tenant.issue_token(audience="https://graph.microsoft.com"),
        lab.tenant.issue_token(not_before=4e9),
    )
    found = tokens.verify(good)
    assert isinstance(found, TokenInfo)
    assert (found.tenant_id, found.client_id) == (lab.tenant.tenant_id, lab.tenant.client_id)
    assert found.app_roles == ("Exchange.ManageAsApp",)
    assert found.exchange_roles == ("Remote and Accepted Domains", "View-Only Configuration")
    assert tokens.verify(stale) is TokenProblem.EXPIRED
    assert tokens.verify(other) is TokenProblem.WRONG_AUDIENCE
    assert tokens.verify(future) is TokenProblem.NOT_YET
    assert tokens.verify(good[:-4] + "AAAA") is TokenProblem.UNKNOWN
    lab.switches["token_clock_skew"] = 300
    assert isinstance(tokens.verify(stale), TokenInfo)


def test_roles_and_revocation_take_effect_at_once(lab: Lab) -> None:
    tokens, token = lab.world.tokens, lab.tenant.issue_token()
    lab.tenant.app.exchange_roles = ["Global Reader"]
    found = tokens.verify(token)
    assert isinstance(found, TokenInfo)
    assert found.exchange_roles == ("Global Reader",)
    later = lab.tenant.issue_token()
    tokens.revoke(token)
    assert tokens.verify(token) is TokenProblem.REVOKED
    assert isinstance(tokens.verify(later), TokenInfo)
    tokens.revoke()
    assert tokens.verify(later) is TokenProblem.REVOKED

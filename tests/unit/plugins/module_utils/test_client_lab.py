# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing in and running commands against the lab, which was written apart from the client."""

from __future__ import annotations

import collections
import pathlib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import (
    Call,
    Client,
    Done,
    Outcome,
    Pace,
    Refused,
    Unknown,
    open_client,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.tests.lab import AppSeed, Fault, Lab, TenantSeed

GET = Call("Get-OutboundConnector", {"ResultSize": "Unlimited"})
STANDING = {"Name": "stands", "RecipientDomains": ["stands.example"], "UseMXRecord": True, "Comment": "old"}
WISH = {"Name": "wished", "RecipientDomains": ["wished.example"], "UseMXRecord": True}
WRITES = {
    "create": Call("New-OutboundConnector", WISH),
    "replace": Call("Set-OutboundConnector", {"Identity": "stands", "Comment": "new", "Confirm": False}),
    "remove": Call("Remove-OutboundConnector", {"Identity": "stands", "Confirm": False}),
}


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def lab() -> t.Iterator[Lab]:
    with Lab(TenantSeed(outbound=[dict(STANDING)])) as running:
        yield running


class Opened(t.NamedTuple):
    client: Client
    secrets: list[str]


def opened(lab: Lab, leave_out: t.Collection[str] = (), **options: t.Any) -> Opened:
    """A client that signs in with the secret unless it is left out, and waits for nothing."""
    secrets: list[str] = []
    given = {name: value for name, value in lab.connection().items() if name not in leave_out}
    pace = Pace(sleep=lambda _seconds: None)
    return Opened(open_client({**given, "timeout": 5, **options}, secrets.append, pace=pace), secrets)


def names(client: Client) -> list[str]:
    (answer,) = client.read_all([GET])
    return sorted(str(record["Name"]) for record in answer.value)


# --- signing in


def credentials(lab: Lab) -> dict[str, dict[str, t.Any]]:
    tenant = lab.tenant
    return {
        "secret": {"client_secret": tenant.client_secret},
        "pem": {"certificate_path": tenant.certificate_pem_path},
        "pfx": {"certificate_path": tenant.pfx_path, "certificate_passphrase": tenant.pfx_passphrase},
        "federated": {"federated_token_file": tenant.federated_token_path},
        "ready": {"access_token": tenant.issue_token()},
    }


@pytest.mark.parametrize("kind", ["secret", "pem", "pfx", "federated", "ready"])
@pytest.mark.parametrize("audience", ["host", "app_id"])
def test_every_credential_opens_the_door(lab: Lab, kind: str, audience: str) -> None:
    lab.switches["token_audience"] = audience
    client, secrets = opened(lab, ["client_secret"], **credentials(lab)[kind])
    assert names(client) == ["stands"]
    assert len(lab.journal.tokens()) == (0 if kind == "ready" else 1)
    assert set(secrets) >= set(lab.issued_tokens()[-1:])
    assert client.warnings == []


def test_a_managed_identity_opens_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    host = AppSeed(name="host", managed_identity="system")
    with Lab(TenantSeed(outbound=[dict(STANDING)], apps=[AppSeed(), host])) as lab:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", lab.imds_url)
        client, _secrets = opened(lab, ["client_secret", "tenant_id"], auth_method="managed_identity")
        assert names(client) == ["stands"]


def test_one_token_serves_a_whole_run(lab: Lab) -> None:
    client, secrets = opened(lab, concurrency=8)
    client.read_all([GET] * 20)
    client.write_all(list(WRITES.values())[:2])
    assert len(lab.journal.tokens()) == len(secrets) == 1
    assert client.requests == len(lab.journal.admin()) == 22


def test_ca_variables_do_not_disturb(lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere.pem"))
    assert names(opened(lab).client) == ["stands"]


@pytest.mark.parametrize(
    ("seed", "code"),
    [
        ({"enabled": False}, "AADSTS7000112"),
        ({"secret_expired": True}, "AADSTS7000222"),
        ({"conditional_access": True}, "AADSTS53003"),
        ({"consented": False}, "AADSTS650052"),
    ],
)
def test_applications_that_may_not_sign_in(seed: dict[str, t.Any], code: str) -> None:
    with Lab(TenantSeed(apps=[AppSeed(**seed)])) as lab, pytest.raises(ExchangeError) as caught:
        opened(lab).client.read_all([GET])
    assert (caught.value.kind, caught.value.code) == ("authentication", code)
    assert code in caught.value.message


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"client_secret": "wrong"}, "AADSTS7000215"),
        ({"client_id": "99999999-0000-4000-8000-000000000000"}, "AADSTS700016"),
        ({"tenant_id": "99999999-0000-4000-8000-000000000000"}, "AADSTS90002"),
    ],
)
def test_options_that_do_not_fit(lab: Lab, options: dict[str, str], code: str) -> None:
    with pytest.raises(ExchangeError) as caught:
        opened(lab, **options).client.read_all([GET])
    assert caught.value.code == code
    assert lab.journal.admin() == []


@pytest.mark.parametrize("code", [90055, 700027])
def test_passing_refusals_of_the_sign_in(lab: Lab, code: int) -> None:
    lab.faults.add(Fault({"service": "entra", "cmdlet": "token"}, "token_error", code=code))
    assert names(opened(lab).client) == ["stands"]
    assert len(lab.journal.tokens()) == 2


@pytest.mark.parametrize("step", ["token", "discovery"])
def test_a_sign_in_service_that_hangs_up_once_is_overcome(lab: Lab, step: str) -> None:
    lab.faults.add(Fault({"service": "entra", "cmdlet": step}, "drop_before"))
    assert names(opened(lab).client) == ["stands"]


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("not_json", "authentication"),
        ("empty_body", "authentication"),
        ("truncate", "network"),
        ("invalid_json", "authentication"),
    ],
)
@pytest.mark.parametrize("step", ["token", "discovery"])
def test_a_sign_in_service_out_of_its_mind_is_a_sentence(lab: Lab, action: str, kind: str, step: str) -> None:
    lab.faults.add(Fault({"service": "entra", "cmdlet": step}, action, times=None))
    with pytest.raises(ExchangeError) as caught:
        opened(lab).client.read_all([GET])
    assert caught.value.kind == kind
    assert lab.tenant.client_secret not in caught.value.message


# --- 401 and 403


def test_a_token_that_is_refused_once_is_renewed_once(lab: Lab) -> None:
    lab.faults.add(Fault({"cmdlet": "Set-*"}, "status", status=401))
    client, secrets = opened(lab)
    assert isinstance(client.write_all([WRITES["replace"]])[0], Done)
    assert len(lab.journal.tokens()) == len(set(secrets)) == 2
    assert client.requests == 2


def test_a_role_that_has_not_spread_yet_is_overcome_by_a_new_token(lab: Lab) -> None:
    lab.faults.add(Fault({"service": "entra"}, "token_without_roles"))
    assert names(opened(lab).client) == ["stands"]


def test_a_token_that_stays_refused_ends_the_run_with_words(lab: Lab) -> None:
    lab.faults.add(Fault({"service": "admin"}, "status", times=None, status=401))
    client, _secrets = opened(lab, concurrency=1)
    outcomes = client.write_all(list(WRITES.values()))
    assert {_refused(outcome).kind for outcome in outcomes} == {"authentication"}
    assert (client.requests, len(lab.journal.tokens())) == (2, 2)


@pytest.mark.parametrize(
    ("app_roles", "exchange_roles", "kind", "words"),
    [
        ([], [], "authentication", "lacks the application permission Exchange.ManageAsApp"),
        (["Exchange.ManageAsApp"], [], "permission", "no role of the application allows Get-OutboundConnector"),
    ],
)
def test_missing_rights_are_told_apart(app_roles: list[str], exchange_roles: list[str], kind: str, words: str) -> None:
    app = AppSeed(app_roles=app_roles, exchange_roles=exchange_roles)
    with Lab(TenantSeed(apps=[app])) as lab, pytest.raises(ExchangeError) as caught:
        opened(lab).client.read_all([GET])
    assert caught.value.kind == kind
    assert words in caught.value.message


def test_an_application_that_may_only_read(lab: Lab) -> None:
    app = AppSeed(exchange_roles=["View-Only Configuration"])
    with Lab(TenantSeed(apps=[app], outbound=[dict(STANDING)])) as running:
        client, _secrets = opened(running)
        assert names(client) == ["stands"]
        error = _refused(client.write_all([WRITES["replace"]])[0])
    assert error.kind == "permission"
    assert "Exchange Administrator" in error.message


# --- reading


def test_lists_of_many_pages() -> None:
    with Lab(TenantSeed(generate={"outbound": 2100})) as lab:
        client, _secrets = opened(lab)
        found = names(client)
        assert len(set(found)) == len(found) == len(lab.tenant.outbound) == 2100
        assert client.requests == 3


@pytest.mark.parametrize("switch", ["expired"])
def test_links_that_do_not_work(switch: str) -> None:
    seed = TenantSeed(generate={"outbound": 1001})
    with Lab(seed, switches={"next_link": switch}) as lab, pytest.raises(ExchangeError) as caught:
        names(opened(lab).client)
    assert caught.value.kind == "incomplete"


def test_links_that_need_the_anchor() -> None:
    with Lab(TenantSeed(generate={"outbound": 1001}), switches={"next_link": "needs_anchor"}) as lab:
        assert len(names(opened(lab).client)) == 1001


def test_a_link_to_another_host_is_not_followed() -> None:
    with Lab(TenantSeed(generate={"outbound": 1001})) as lab:
        lab.faults.add(Fault({"cmdlet": "Get-*"}, "bad_next_link"))
        client, _secrets = opened(lab)
        with pytest.raises(ExchangeError) as caught:
            names(client)
        assert client.requests == 1
    assert caught.value.kind == "incomplete"


def test_a_list_cut_off_without_a_link() -> None:
    seed = TenantSeed(generate={"outbound": 5})
    with Lab(seed, switches={"result_size": "total"}) as lab, pytest.raises(ExchangeError) as caught:
        opened(lab).client.read_all([Call("Get-OutboundConnector", {"ResultSize": 2})])
    assert caught.value.kind == "incomplete"


WANTED = Call("Get-OutboundConnector", {"ResultSize": "Unlimited"}, ("Name", "Guid", "SmtpDaneMode"))


@pytest.mark.parametrize("batch_size", [1, 10])
@pytest.mark.parametrize(
    ("switches", "members", "alone", "batched"),
    [
        ({"select": "trims"}, WANTED.members, 3, 1),
        ({"select": "ignored"}, WANTED.members, 3, 1),
        # It is asked for whole then, and not selected again.
        ({"select": "refused"}, WANTED.members, 4, 4),
        ({"mail_security_modes": "absent"}, ("Name", "Guid"), 4, 4),
    ],
)
def test_some_members_are_asked_for_and_no_list_depends_on_it(
    lab: Lab, switches: dict[str, str], members: tuple[str, ...], alone: int, batched: int, batch_size: int
) -> None:
    lab.switches.update(switches)
    client, _secrets = opened(lab, batch_size=batch_size, concurrency=1)
    answers = client.read_all([WANTED, WANTED, WANTED])
    assert [[tuple(record) for record in answer.value] for answer in answers] == [[members]] * 3
    assert client.requests == (alone if batch_size == 1 else batched)


def test_members_are_selected_on_every_page() -> None:
    with Lab(TenantSeed(generate={"outbound": 1001})) as lab:
        client, _secrets = opened(lab)
        (answer,) = client.read_all([WANTED])
        assert {tuple(record) for record in answer.value} == {WANTED.members}
        assert len(answer.value) == 1001
        assert client.requests == 2


@pytest.mark.parametrize("annotations", ["present", "absent"])
def test_records_come_without_annotations(lab: Lab, annotations: str) -> None:
    lab.switches["annotations"] = annotations
    (answer,) = opened(lab).client.read_all([GET])
    assert answer.value[0]["Name"] == "stands"
    assert not [name for record in answer.value for name in record if "@" in name]


# --- every fault, every write: what the client says must be what happened

FAULTS: dict[str, Fault | None] = {
    "none": None,
    "429": Fault(action="throttle"),
    "429 in a second": Fault(action="throttle", retry_after=1),
    "429 as JSON": Fault(action="throttle", json=True),
    "500": Fault(action="status", status=500),
    "500 after all": Fault(action="status", status=500, effect=True),
    "502 after all": Fault(action="status", status=502, effect=True),
    "503": Fault(action="status", status=503),
    "504 after all": Fault(action="status", status=504, effect=True),
    "401": Fault(action="status", status=401),
    "dropped before": Fault(action="drop_before"),
    "dropped after": Fault(action="drop_after"),
    "truncated": Fault(action="truncate"),
    "truncated, nothing done": Fault(action="truncate", effect=False),
    "HTML": Fault(action="not_json"),
    "HTML, nothing done": Fault(action="not_json", effect=False),
    "half JSON": Fault(action="invalid_json"),
    "false gzip": Fault(action="false_gzip"),
    "empty": Fault(action="empty_body"),
    "redirect": Fault(action="redirect", location="https://evil.example/"),
    "error in 200": Fault(action="error_in_200"),
    "stall": Fault(action="stall", seconds=3, answer=False),
    "warning": Fault(action="warning", text="mind this"),
}


def _fault(template: Fault | None, cmdlet: str) -> list[Fault]:
    if template is None:
        return []
    return [Fault({"service": "admin", "cmdlet": cmdlet}, template.action, **template.arguments)]


def _took_effect(lab: Lab, write: str) -> bool:
    standing = {record["Name"]: record for record in lab.tenant.outbound}
    return {
        "create": "wished" in standing,
        "replace": standing.get("stands", {}).get("Comment") == "new",
        "remove": "stands" not in standing,
    }[write]


def _refused(outcome: Outcome) -> ExchangeError:
    assert isinstance(outcome, Refused), outcome
    return outcome.error


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("name", FAULTS)
def test_no_outcome_contradicts_what_happened(lab: Lab, name: str, write: str) -> None:
    call = WRITES[write]
    lab.faults.add(*_fault(FAULTS[name], call.cmdlet))
    client, _secrets = opened(lab, timeout=1)
    (outcome,) = client.write_all([call])
    happened = _took_effect(lab, write)
    if isinstance(outcome, Done):
        assert happened
    elif isinstance(outcome, Refused):
        assert not happened
    else:
        assert isinstance(outcome, Unknown)
        assert outcome.error.kind == "unknown_outcome"
    carried_out = [entry for entry in lab.journal.writes() if entry.effect]
    assert len(carried_out) == int(happened), "a write was carried out twice"


def test_the_faults_meet_every_kind_of_outcome(lab: Lab) -> None:
    """The test above is worth something only while all three occur."""
    kinds: collections.Counter[type] = collections.Counter()
    for fault in FAULTS.values():
        lab.reset()
        lab.faults.clear()
        lab.faults.add(*_fault(fault, "Set-*"))
        (outcome,) = opened(lab, timeout=1).client.write_all([WRITES["replace"]])
        kinds[type(outcome)] += 1
    assert set(kinds) == {Done, Refused, Unknown}


@pytest.mark.parametrize(
    "name", [name for name in FAULTS if name not in ("empty", "redirect", "error in 200", "stall")]
)
def test_reads_get_over_it_or_fail(lab: Lab, name: str) -> None:
    lab.faults.add(*_fault(FAULTS[name], "Get-*"))
    assert names(opened(lab).client) == ["stands"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("empty", "unreadable"), ("redirect", "rejected"), ("error in 200", "incomplete"), ("stall", "network")],
)
def test_reads_that_stay_unread(lab: Lab, name: str, kind: str) -> None:
    (fault,) = _fault(FAULTS[name], "Get-*")
    fault.times = None
    lab.faults.add(fault)
    with pytest.raises(ExchangeError) as caught:
        names(opened(lab, timeout=1, retries=2).client)
    assert caught.value.kind == kind


# --- what the service says no to


def test_known_refusals(lab: Lab) -> None:
    client, _secrets = opened(lab, concurrency=1)
    taken = Call("New-OutboundConnector", {**WISH, "Name": "Stands"})
    gone = Call("Remove-OutboundConnector", {"Identity": "gone", "Confirm": False})
    odd = Call("Set-OutboundConnector", {"Identity": "stands", "Bogus": 1})
    bad = Call("Set-OutboundConnector", {"Identity": "stands", "TlsSettings": "Nonsense"})
    missing = Call("No-Such", {})
    errors = [_refused(outcome) for outcome in client.write_all([taken, gone, odd, bad, missing])]
    assert [error.kind for error in errors] == ["already_exists", "not_found", "rejected", "rejected", "permission"]
    for call, error in zip((taken, gone, odd, bad, missing), errors, strict=True):
        assert call.label in error.message
        assert "stacktrace" not in error.message
    assert "Bogus" in errors[2].message
    assert "Nonsense" in errors[3].message


def test_a_dehydrated_tenant(lab: Lab) -> None:
    lab.switches["dehydrated_tenant"] = "yes"
    error = _refused(opened(lab).client.write_all([WRITES["create"]])[0])
    assert "Enable-OrganizationCustomization" in error.message


def test_throttling_by_load_is_overcome() -> None:
    switches = {"concurrency_limit": 2, "retry_after": "date", "throttle_body": "json"}
    with Lab(TenantSeed(generate={"outbound": 3}), latency=0.02, switches=switches) as lab:
        client, _secrets = opened(lab, concurrency=8, retries=20)
        assert len(client.read_all([GET] * 16)) == 16


# --- batches


def many(count: int) -> list[Call]:
    return [
        Call(
            "New-OutboundConnector",
            {"Name": f"n{number}", "RecipientDomains": [f"n{number}.example"], "UseMXRecord": True},
        )
        for number in range(count)
    ]


@pytest.mark.parametrize("status", ["present", "absent"])
@pytest.mark.parametrize("bearer", ["not_needed", "needed"])
@pytest.mark.parametrize("execution", ["sequential", "parallel"])
def test_batches_do_what_single_commands_do(lab: Lab, status: str, bearer: str, execution: str) -> None:
    lab.switches["batch_item_status"] = status
    lab.switches["batch_item_bearer"] = bearer
    lab.switches["batch_execution"] = execution
    client, _secrets = opened(lab, batch_size=10)
    taken = Call("New-OutboundConnector", {**WISH, "Name": "stands"})
    outcomes = client.write_all([*many(5), taken, *many(20)[5:]])
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Done] * 5 + [Refused] + [Done] * 15
    assert _refused(outcomes[5]).kind == "already_exists"
    assert len(lab.tenant.outbound) == 21
    assert client.requests == 3


@pytest.mark.parametrize("switch", ["404", "400"])
def test_a_service_without_batches(lab: Lab, switch: str) -> None:
    lab.switches["batch"] = switch
    client, _secrets = opened(lab, batch_size=10, concurrency=1)
    assert all(isinstance(outcome, Done) for outcome in client.write_all(many(12)))
    assert client.requests == 13


def test_a_service_with_smaller_batches(lab: Lab) -> None:
    lab.switches["batch_maximum"] = 3
    client, _secrets = opened(lab, batch_size=10)
    assert all(isinstance(outcome, Done) for outcome in client.write_all(many(12)))


@pytest.mark.parametrize(
    "fault",
    [
        Fault({"item": 2}, "missing_item"),
        Fault({"item": 2}, "missing_item", effect=False),
        Fault({"item": 2}, "duplicate_item"),
        Fault({"item": 2}, "error_item", status=500, effect=True),
        Fault({"item": 2}, "error_item", status=429, retry_after=1),
        Fault({"item": 2}, "error_item", status=503),
        Fault({"item": 2}, "error_item", status=401),
        Fault({}, "reorder"),
        Fault({"service": "admin"}, "throttle"),
        Fault({"service": "admin"}, "drop_after"),
        Fault({"service": "admin"}, "drop_before"),
        Fault({"service": "admin"}, "truncate"),
        Fault({"service": "admin"}, "false_gzip"),
    ],
    ids=lambda fault: f"{fault.action} {fault.arguments}",
)
@pytest.mark.parametrize("status", ["present", "absent"])
def test_no_item_contradicts_what_happened(lab: Lab, fault: Fault, status: str) -> None:
    lab.switches["batch_item_status"] = status
    lab.faults.add(Fault.from_dict(fault.as_dict()))
    calls = many(4)
    outcomes = opened(lab, batch_size=10).client.write_all(calls)
    counts = collections.Counter(record["Name"] for record in lab.tenant.outbound)
    for call, outcome in zip(calls, outcomes, strict=True):
        if isinstance(outcome, Done):
            assert counts[call.parameters["Name"]] == 1
        else:
            assert isinstance(outcome, Unknown) or counts[call.parameters["Name"]] == 0


# --- secrets


def test_no_secret_is_in_anything_that_is_shown(lab: Lab) -> None:
    client, secrets = opened(lab)
    shown = [repr(client), repr(vars(client)), repr(client.read_all([GET]))]
    for fault in FAULTS.values():
        lab.faults.clear()
        lab.faults.add(*_fault(fault, "Set-*"))
        shown += [repr(outcome) for outcome in opened(lab, timeout=1).client.write_all([WRITES["replace"]])]
    text = "\n".join(shown)
    assert lab.tenant.client_secret not in text
    assert not [token for token in (*secrets, *lab.issued_tokens()) if token in text]


# --- lists side by side in batches

LISTS = [GET, Call("Get-InboundConnector", {"ResultSize": "Unlimited"}), Call("Get-AcceptedDomain", {})]


@pytest.fixture
def large() -> t.Iterator[Lab]:
    """A tenant whose lists have two, three and one pages."""
    with Lab({"tenants": [{"generate": {"outbound": 1500, "inbound": 2001}}]}) as running:
        yield running


def sizes(client: Client) -> list[int]:
    return [len({str(record["Name"]) for record in answer.value}) for answer in client.read_all(LISTS)]


def test_lists_are_read_a_page_of_each_at_a_time(large: Lab) -> None:
    client, _secrets = opened(large, batch_size=10)
    assert sizes(client) == [1500, 2001, 2]
    assert client.requests == len(large.journal.admin()) == 3
    assert [len(entry.cmdlets) for entry in large.journal.admin()] == [3, 2, 1]


def test_a_batch_takes_no_more_than_its_size(large: Lab) -> None:
    client, _secrets = opened(large, batch_size=2)
    assert sizes(client) == [1500, 2001, 2]
    assert max(len(entry.cmdlets) for entry in large.journal.admin()) == 2


@pytest.mark.parametrize(
    ("switches", "fault"),
    [
        ({"batch": "404"}, None),
        ({"batch": "400"}, None),
        ({"batch_item_status": "absent"}, None),
        ({"next_link": "needs_anchor"}, None),
        ({}, Fault({}, "missing_item")),
        ({}, Fault({}, "duplicate_item")),
        ({}, Fault({"item": 2}, "error_item", status=500)),
        ({}, Fault({"item": 2}, "error_item", status=429, retry_after=1)),
        ({}, Fault({"cmdlet": "Get-*"}, "not_json")),
        ({}, Fault({"cmdlet": "Get-*"}, "drop_before")),
        ({}, Fault({"cmdlet": "Get-*"}, "status", status=503)),
        ({}, Fault({}, "reorder", None)),
    ],
)
def test_lists_are_whole_whatever_becomes_of_a_batch(large: Lab, switches: dict[str, str], fault: Fault | None) -> None:
    large.switches.update(switches)
    if fault is not None:
        large.faults.add(fault)
    client, _secrets = opened(large, batch_size=10)
    assert sizes(client) == [1500, 2001, 2]
    assert len(large.journal.tokens()) == 1


@pytest.mark.parametrize(
    ("switches", "fault"),
    [
        ({"next_link": "expired"}, None),
        ({}, Fault({"item": 2}, "bad_next_link")),
        ({}, Fault({"cmdlet": "Get-InboundConnector"}, "error_in_200", None)),
        ({}, Fault({"cmdlet": "Get-InboundConnector"}, "empty_body", None)),
    ],
)
def test_a_list_that_is_not_whole_is_an_error_in_a_batch_too(
    large: Lab, switches: dict[str, str], fault: Fault | None
) -> None:
    large.switches.update(switches)
    if fault is not None:
        large.faults.add(fault)
    client, _secrets = opened(large, batch_size=10)
    with pytest.raises(ExchangeError) as caught:
        client.read_all(LISTS)
    assert caught.value.kind in ("incomplete", "unreadable")

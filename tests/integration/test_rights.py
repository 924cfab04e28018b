# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rights of the guide "Least rights": they suffice, one less is told, and who may only read can plan and report."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.integration.harness import run_module
from ansible_collections.mailflow.exchange_online.tests.integration.test_role import Role, role
from ansible_collections.mailflow.exchange_online.tests.lab import Lab
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.tools import rights

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.integration.conftest import Run

__all__ = ["role"]

TO = {"name": "to", "direction": "outbound", "recipient_domains": ["a-good.test"], "tls_settings": "encryption_only"}
FROM = {"name": "from", "direction": "inbound", "sender_domains": ["a-good.test"], "require_tls": True}
BOTH = ({"name": "to", "direction": "outbound"}, {"name": "from", "direction": "inbound"})
SEED = {
    "outbound": [{"Name": "to", "RecipientDomains": ["a-good.test"], "TlsSettings": "EncryptionOnly"}],
    "inbound": [{"Name": "from", "SenderDomains": ["a-good.test"], "RequireTls": True}],
}
EMPTY: dict[str, t.Any] = {}


class Work(t.NamedTuple):
    """A module call, and the rows of the guide's table that it takes."""

    module: str
    options: dict[str, t.Any]
    rows: tuple[str, ...]
    seed: dict[str, t.Any] = SEED
    #: Cmdlets of these rows that this call has no use for.
    unused: tuple[str, ...] = ()


READ = "Read the connectors"
WORK = {
    "read": Work("connector_info", {}, (READ,)),
    "create": Work(
        "connectors",
        {"connectors": [TO, FROM]},
        (READ, "Read the tenant's own domains", "Create a connector"),
        EMPTY,
    ),
    "change": Work(
        "connectors", {"connectors": [{**one, "comment": "new"} for one in BOTH]}, (READ, "Change a connector")
    ),
    "remove": Work(
        "connectors",
        {"connectors": [{**one, "state": "absent"} for one in BOTH], "allow_weaken": True},
        (READ, "Remove a connector"),
    ),
    "validate": Work(
        "tls_validation",
        {"connectors": [{"name": "to", "recipients": ["postmaster@a-good.test"]}]},
        (READ, "Validate a connector, and record the result"),
        unused=("Get-InboundConnector",),
    ),
}


def needed(work: Work) -> set[str]:
    """The cmdlets of a call by the guide's table."""
    of = {right.what: right.cmdlets for right in rights.RIGHTS}
    return {cmdlet for row in work.rows for cmdlet in of[row]} - set(work.unused)


def allow(lab: Lab, cmdlets: t.Iterable[str]) -> None:
    """Give the application a role of its own with these cmdlets, and nothing beside it."""
    lab.tenant.app.exchange_roles[:] = [f"cmdlets: {', '.join(cmdlets)}"]


def call(lab: Lab, work: Work) -> dict[str, t.Any]:
    """Run the module."""
    return run_module(work.module, {**lab.connection(), **work.options})


@pytest.fixture(scope="module")
def world() -> t.Iterator[dict[int, Lab]]:
    """A lab for each of the two seeds, with a partner to whom mail can be sent."""
    running = {id(seed): Lab({"tenants": [seed]}, partners=PartnerWorld(["a_good"])) for seed in (SEED, EMPTY)}
    for one in running.values():
        one.start()
    yield running
    for one in running.values():
        one.stop()


@pytest.fixture
def bound(world: dict[int, Lab], request: pytest.FixtureRequest) -> Lab:
    """The lab for the work, as it was at the start."""
    lab = world[id(WORK[request.param].seed)]
    lab.reset()
    return lab


@pytest.mark.parametrize(("name", "bound"), [(name, name) for name in WORK], indirect=["bound"])
def test_exactly_these_cmdlets_suffice(name: str, bound: Lab) -> None:
    allow(bound, needed(WORK[name]))
    result = call(bound, WORK[name])
    assert "msg" not in result, result["msg"]
    assert set(bound.journal.commands()) == needed(WORK[name])
    for entry in bound.journal.admin():
        for cmdlet, given in zip(entry.cmdlets, entry.parameters, strict=True):
            assert set(given) <= set(rights.parameters(cmdlet))


@pytest.mark.parametrize(
    ("name", "missing", "bound"),
    [(name, missing, name) for name, work in WORK.items() for missing in sorted(needed(work))],
    indirect=["bound"],
)
def test_with_one_less_it_says_which_and_what_to_do(name: str, missing: str, bound: Lab) -> None:
    allow(bound, needed(WORK[name]) - {missing})
    result = call(bound, WORK[name])
    told = json.dumps(result)
    assert result["failed"]
    assert '"kind": "permission"' in told
    assert f"no role of the application allows {missing} or one of the parameters it was given" in told
    small = "View-Only Configuration" if missing.startswith("Get-") else "Remote and Accepted Domains"
    assert f"add it to a role group with '{small}' (the guide 'Least rights' says how)" in told
    assert "after a new grant wait up to an hour" in told
    if missing.startswith("Get-"):
        assert bound.journal.writes() == [], "written without having read everything"


# -- who may only read -------------------------------------------------------------------------------------------------


@pytest.fixture
def reader(lab: Lab) -> Lab:
    """A tenant in which a partner stands, and an application with the cmdlets that read alone."""
    allow(lab, rights.READING)
    return lab


PARTNERS: list[t.Any] = ["fabrikam.com", {"name": "Contoso", "domains": ["contoso.com"]}]


def test_check_mode_needs_no_right_to_write(reader: Lab, role: Role) -> None:
    checked = role(PARTNERS, "--check", "--diff")
    assert checked.result["summary"]["created"] == 4
    assert set(reader.journal.commands()) <= set(rights.READING)


def test_a_real_run_says_what_it_may_not(reader: Lab, role: Role) -> None:
    refused = role(PARTNERS, rc=2)
    assert len(reader.tenant.outbound) == len(reader.tenant.inbound) == 0
    told = " ".join(refused.play.text.split())
    assert "no role of the application allows New-OutboundConnector" in told
    assert "'Remote and Accepted Domains' (the guide 'Least rights' says how)" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("playbook", "file"),
    [
        ("plan", {"forced_tls_plan_file": "plan.json"}),
        ("report", {"forced_tls_report_dir": "report"}),
        ("gather", {"forced_tls_gather_file": "partners.yml"}),
    ],
)
def test_plan_report_and_gather_need_no_right_to_write(
    reader: Lab, run: Run, tmp_path: pathlib.Path, playbook: str, file: dict[str, str]
) -> None:
    variables = {name: str(tmp_path / place) for name, place in file.items()}
    given = {"forced_tls_partners": PARTNERS, "forced_tls_probe": False, **variables}
    play = run.playbook(f"mailflow.exchange_online.{playbook}", **given)
    assert play.rc == 0, play.text
    assert all(pathlib.Path(path).exists() for path in variables.values())
    assert set(reader.journal.commands()) <= set(rights.READING)
    assert reader.journal.commands() != []


@pytest.mark.parametrize("name", ["Global Reader", "View-Only Configuration"])
def test_the_roles_that_the_guide_names_for_reading(lab: Lab, run: Run, name: str) -> None:
    lab.tenant.app.exchange_roles[:] = [name]
    assert "msg" not in run.connectors(TO, FROM, check=True)
    assert "msg" not in run.module("connector_info", blocked=True)
    assert set(lab.journal.commands()) == set(rights.READING)
    assert run.connectors(TO)["failed"]

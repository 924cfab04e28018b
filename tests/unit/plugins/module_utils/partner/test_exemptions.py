# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What does not stand in a partner's way: who answers for it, and until when."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import read_list
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Exemption
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.codes import CODES

CHAIN = {"finding": "incomplete_chain", "owner": "alice@example.com", "until": "2026-12-31", "reason": "CHG0050"}
NEW_YEAR = dt.datetime(2026, 12, 31, tzinfo=dt.timezone.utc)


def with_exceptions(written: object) -> list[object]:
    return [{"name": "Contoso", "domains": ["contoso.com"], "exceptions": written}]


def problems_of(written: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        check_partners(with_exceptions(written))
    start = "Partner 1 (Contoso): exceptions "
    assert all(problem.startswith(start) and problem.endswith(".") for problem in caught.value.problems)
    return [problem.removeprefix(start).removesuffix(".") for problem in caught.value.problems]


def test_an_exception_says_what_until_when_and_who_answers() -> None:
    (partner,) = check_partners(
        with_exceptions([CHAIN, {**CHAIN, "finding": "probe", "until": dt.date(2027, 1, 1), "reason": 50}])
    )
    assert partner.exceptions == (
        Exemption("incomplete_chain", "alice@example.com", NEW_YEAR, "CHG0050"),
        Exemption("probe", "alice@example.com", NEW_YEAR + dt.timedelta(days=1), "50"),
    )


@pytest.mark.parametrize("nothing", [[], None])
def test_no_exceptions_are_none(nothing: object) -> None:
    assert check_partners(with_exceptions(nothing))[0].exceptions == ()
    assert check_partners(["contoso.com"])[0].exceptions == ()


@pytest.mark.parametrize("finding", ["probe", "validation", *CODES])
def test_every_finding_can_be_excepted(finding: str) -> None:
    assert check_partners(with_exceptions([{**CHAIN, "finding": finding}]))[0].exceptions[0].finding == finding


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({**CHAIN}, "is a dictionary; write a list of dictionaries with finding, owner, until and reason"),
        ("incomplete_chain", "is a text; write a list of dictionaries with"),
        (5, "is a number; write a list of dictionaries with"),
        (["incomplete_chain"], "item 1: it is a text; write a dictionary with finding, owner, until and reason"),
        (
            [{**CHAIN, "owner": " "}],
            "item 1 (incomplete_chain): owner is missing; name who answers for it, for example",
        ),
        ([{**CHAIN, "reason": None}], "item 1 (incomplete_chain): reason is missing; say why, for example a ticket"),
        (
            [CHAIN, {**CHAIN, "finding": "probe", "until": ""}],
            "item 2 (probe): until '' is neither a date nor a time; write a date such as",
        ),
        (
            [{**CHAIN, "until": None}],
            "item 1 (incomplete_chain): until is missing; give the date on which it ends, such as 2026-12-31",
        ),
        ([{**CHAIN, "until": "31.12.2026"}], "item 1 (incomplete_chain): until '31.12.2026' is neither a date nor a"),
        (
            [{**CHAIN, "finding": ""}],
            "item 1: finding is missing; write probe, validation or a code of docs/findings.md",
        ),
        (
            [{**CHAIN, "finding": "incomplete_chian"}],
            "item 1: finding 'incomplete_chian' is not known (did you mean incomplete_chain?); write probe,",
        ),
        ([{**CHAIN, "finding": 7}], "item 1: finding '7' is not known; write probe"),
        ([{**CHAIN, "finding": True}], "item 1: finding 'True' is true or false; write a text"),
        (
            [{**CHAIN, "ower": "bob"}],
            "item 1 (incomplete_chain): the key 'ower' is not known (did you mean owner?); accepted are finding,",
        ),
        ([{**CHAIN, 7: "bob"}], "item 1 (incomplete_chain): the key '7' is not known; accepted are"),
        (
            [CHAIN, {**CHAIN, "finding": "probe"}, {**CHAIN, "owner": "bob"}],
            "item 3 (incomplete_chain): item 1 is about incomplete_chain already; keep one of them",
        ),
    ],
)
def test_an_exception_that_is_wrong(written: object, said: str) -> None:
    (problem,) = problems_of(written)
    assert problem.startswith(said)


def test_every_problem_of_all_exceptions_at_once() -> None:
    found = problems_of([{}, {**CHAIN, "owner": ""}, {**CHAIN, "until": "soon"}])
    assert [problem.split(" ")[:4] for problem in found[:4]] == [
        ["item", "1:", key, "is"] for key in ("finding", "owner", "until", "reason")
    ]
    assert [problem.partition(" is ")[0] for problem in found[4:]] == [
        "item 2 (incomplete_chain): owner",
        "item 3 (incomplete_chain): until 'soon'",
        "item 3 (incomplete_chain): item 2",
    ]


def test_an_exception_is_one_partner_s_own() -> None:
    with pytest.raises(InputError) as caught:
        check_partners(["contoso.com"], {"exceptions": [CHAIN]})
    assert caught.value.problems == [
        "Defaults: the key 'exceptions' can only be one partner's; write it in that partner's own entry."
    ]


def test_exceptions_in_a_file_have_its_lines() -> None:
    text = (
        "- domains: [contoso.com]\n  exceptions:\n"
        "    - {finding: incomplete_chain, owner: alice, until: 2026-12-31, reason: CHG0050}\n"
        "- domains: [fabrikam.com]\n  exceptions: [{finding: probe, owner: alice, owner: bob, until: 2026-12-31}]\n"
    )
    with pytest.raises(InputError) as caught:
        read_list({"file": "p.yml", "text": text}, None, "Forced TLS", None)
    assert caught.value.problems[1:] == [
        "Line 4 (fabrikam.com): the key 'owner' is given 2 times; keep one of them.",
        "Line 4 (fabrikam.com): exceptions item 1 (probe): reason is missing; say why, for example a ticket.",
    ]


def test_the_codes_of_findings_bring_no_library_of_the_probe_along() -> None:
    """The check runs on every controller, also where the probe has none of what it needs."""
    code = (
        "import sys\n"
        "import ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.exemptions\n"
        "tops = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(tops & {'cryptography', 'dns', 'requests', 'msal', 'yaml'}))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.stdout == "[]\n"

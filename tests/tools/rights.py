# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cmdlets the collection sends, for what, and with which parameters: the tables of the guide "Least rights".

``make docs`` writes them. tests/unit/test_rights.py compares them with the code, tests/integration/test_rights.py with
what a lab gets to see and refuses.
"""

from __future__ import annotations

import pathlib
import sys
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "docsite" / "rst" / "least_rights.rst"
sys.path.insert(0, str(ROOT / ".cache" / "collections"))

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import (  # noqa: E402 - see above
    FIELDS,
)
from ansible_collections.mailflow.exchange_online.tests.tools import message_blocks as rst  # noqa: E402 - see above


class Right(t.NamedTuple):
    """What is done, with which cmdlets, and who does it."""

    what: str
    cmdlets: tuple[str, ...]
    who: str


READ = ("Get-OutboundConnector", "Get-InboundConnector")
BLOCKED = "Get-BlockedConnector"
OWN = "Get-AcceptedDomain"
VALIDATE = "Validate-OutboundConnector"
DIRECTIONS = ("OutboundConnector", "InboundConnector")

RIGHTS = (
    Right(
        "Read the connectors",
        READ,
        "Every module but ``partner_tls_info``, and every step of the role and every playbook that asks Exchange.",
    ),
    Right(
        "Read the tenant's own domains",
        (OWN,),
        "``connector``, ``connectors`` and the role, where a domain is about to be added to a connector: one's own is"
        " no partner's. In check mode as well.",
    ),
    Right(
        "Ask which connectors Exchange has blocked",
        (BLOCKED,),
        "``connector_info`` with ``blocked``, the role with ``forced_tls_blocked``, the playbooks ``plan`` and"
        " ``report``. Where it is refused, the rest goes on and a warning says so.",
    ),
    Right(
        "Create a connector",
        tuple(f"New-{noun}" for noun in DIRECTIONS),
        "``connector``, ``connectors`` and the role, for one that does not stand.",
    ),
    Right(
        "Change a connector",
        tuple(f"Set-{noun}" for noun in DIRECTIONS),
        "``connector``, ``connectors`` and the role, for one that differs, and to enable one after its validation.",
    ),
    Right(
        "Remove a connector",
        tuple(f"Remove-{noun}" for noun in DIRECTIONS),
        "``state: absent``, ``prune``, the playbook ``rollback``. A group without these two can do all the rest.",
    ),
    Right(
        "Validate a connector, and record the result",
        (VALIDATE, "Set-OutboundConnector"),
        "``tls_validation``, the role for partners with ``validation_recipients``, the playbook ``validate``.",
    ),
)

#: What ``exchange_qualification`` asks beside these, to learn from the answer; a refusal is one. The second is none.
ASKED_TO_LEARN = ("Get-OutboundConnectorReport", "Get-MailflowQualification")

CMDLETS = tuple(sorted({cmdlet for right in RIGHTS for cmdlet in right.cmdlets}))
READING = tuple(cmdlet for cmdlet in CMDLETS if cmdlet.startswith("Get-"))
#: Those that the management role "Remote and Accepted Domains" is taken to hold, and of which a role can be made.
KEPT = tuple(cmdlet for cmdlet in CMDLETS if cmdlet != BLOCKED)

_ALWAYS = ("Identity", "Confirm")
_RECORD = ("IsValidated", "LastValidationTimestamp", "ValidationRecipients")
_UNLIKE: dict[str, tuple[str, ...]] = {
    "Get-OutboundConnector": ("ResultSize", "IsTransportRuleScoped", "IncludeTestModeConnectors"),
    "Get-InboundConnector": ("ResultSize",),
    OWN: ("ResultSize",),
    BLOCKED: (),
    VALIDATE: (*_ALWAYS, "Recipients"),
}


def parameters(cmdlet: str) -> tuple[str, ...]:
    """Every parameter that is ever sent with this cmdlet."""
    if cmdlet in _UNLIKE:
        return _UNLIKE[cmdlet]
    verb, _dash, noun = cmdlet.partition("-")
    if verb == "Remove":
        return _ALWAYS
    direction = noun.removesuffix("Connector").lower()
    fields = [field for field in FIELDS if direction in field.directions]
    if verb == "New":
        return ("Name", *(field.parameter for field in fields if field.settable_on_create))
    record = _RECORD if direction == "outbound" else ()
    return tuple(dict.fromkeys([*_ALWAYS, *(field.parameter for field in fields), *record]))


def blocks() -> dict[str, str]:
    """The blocks of the guide that are written from the code."""
    told = [(right.what, ", ".join(map(rst.literal, right.cmdlets)), right.who) for right in RIGHTS]
    sent = [(rst.literal(name), ", ".join(map(rst.literal, parameters(name))) or "none") for name in CMDLETS]
    kept = ",\n".join(f'      "{name}"' for name in KEPT)
    return {
        "cmdlets": rst.table(("to", "cmdlets", "asked for by"), told, "24 32 44"),
        "parameters": rst.table(("cmdlet", "parameters"), sent, "30 70"),
        "keep": f".. code-block:: powershell\n\n    $keep =\n{kept}",
    }


def page(text: str) -> str:
    """The guide with its blocks as the code has them."""
    for name, content in blocks().items():
        text = rst.replace(text, name, content)
    return text


if __name__ == "__main__":
    GUIDE.write_text(page(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")

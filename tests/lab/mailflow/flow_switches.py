# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where public facts about routing, queueing and validation conflict or are silent: one switch per question."""

from __future__ import annotations

from ..switches import Switch

_BASES = {
    "routing_wildcard_apex": ("documented", "Microsoft's cmdlet page: all subdomains; its example 1 says the other"),
    "validation_disabled": (
        "documented",
        "Microsoft KB 3179588; validate-connectors.md has it validated before it is on",
    ),
    "validation_connectivity": ("documented", "Microsoft's cmdlet page: each smart host"),
}


def _choice(name: str, question: str, *values: str) -> Switch:
    """A switch between named readings; the first is the default."""
    switch = Switch(name, values[0], values, question)
    basis, source = _BASES.get(name, (switch.basis, switch.source))
    return switch._replace(basis=basis, source=source)


_ROUTING = (
    _choice("routing_wildcard_apex", "*.contoso.com in RecipientDomains is meant for contoso.com as well", "no", "yes"),
    _choice("routing_tie", "Which of two connectors that fit a domain equally well takes its mail", "oldest", "newest"),
    _choice("routing_test_mode", "A connector in test mode, for real mail", "ignored", "used"),
    _choice(
        "retry_route",
        "A message that is tried again: by the connectors as they are then, or were at first",
        "anew",
        "kept",
    ),
    Switch("routing_delay_seconds", 0.0, None, "Seconds for which a change of a connector does not reach routing"),
    Switch("routing_delay_uses", 0, None, "Messages and validations for which it does not"),
)
_VALIDATION = (
    _choice("validation_detail", "The member that holds the details of a task", "text", "list", "other_name", "absent"),
    _choice("validation_flag", "IsTaskSuccessful: true, or the text True", "bool", "text"),
    _choice(
        "validation_task_names", "The names of tasks: as the lab text of MS-203 has them, or others", "labels", "others"
    ),
    _choice("validation_connectivity", "What the connectivity of is tested", "smart_hosts", "mx_too"),
    _choice("validation_disabled", "Validation of a connector that is disabled", "refused", "validated"),
)

SWITCHES: tuple[Switch, ...] = (*_ROUTING, *_VALIDATION)

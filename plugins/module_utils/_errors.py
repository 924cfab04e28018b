# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The one error type of the collection: a sentence for people and fields for machines."""

from __future__ import annotations

import typing as t

Kind = t.Literal[
    "input",
    "dependency",
    "authentication",
    "permission",
    "not_found",
    "already_exists",
    "rejected",
    "throttled",
    "unavailable",
    "network",
    "unreadable",
    "incomplete",
    "unknown_outcome",
    "changed_meanwhile",
    "plan_changed",
    "refused",
    "not_validated",
    "skipped",
    "internal",
]


class About(t.NamedTuple):
    """What a kind of failure says, and what to do in general; the message of each failure says it in particular."""

    meaning: str
    remedy: str


ABOUT: t.Mapping[Kind, About] = {
    "input": About(
        "An option or an entry of a list is wrong. Nothing was sent.",
        "The message has a sentence for each problem, with the option or the entry. Mend them all, and run again.",
    ),
    "dependency": About(
        "A Python library is missing or too old where the module runs.",
        "Install it for the Python that the message names.",
    ),
    "authentication": About(
        "There is no token, or Exchange Online did not accept it (HTTP 401).",
        "Do what the message says of the credential. After a new grant, wait up to an hour.",
    ),
    "permission": About(
        "Signed in, but the application may not do this (HTTP 403).",
        "Give it the role that the message names. After a new grant, wait up to an hour.",
    ),
    "not_found": About(
        "The object is not there. For a connector: it went away between reading and writing.",
        "Run again; the run reads before it writes.",
    ),
    "already_exists": About(
        "A connector of that name was made by somebody else in the meantime.",
        "Run again with --check --diff, and see whether it is the one that is meant.",
    ),
    "rejected": About(
        "Exchange Online understood the command and refused it. Its words are in the message.",
        "Change what these words name. Running again does not help.",
    ),
    "throttled": About(
        "Too many requests for the tenant, and waiting did not help.",
        "Run again later; if it happens often, with a lower concurrency or with a higher batch_size.",
    ),
    "unavailable": About(
        "The service answered that it cannot do this now.",
        "Run again later. If it lasts, look at the service health in the Microsoft 365 admin center.",
    ),
    "network": About(
        "The service could not be reached, or no answer came in time.",
        "Check the way out: DNS, proxy variables, firewall, ca_path, timeout. Then run again.",
    ),
    "unreadable": About(
        "An answer came that cannot be trusted: empty, cut off, or not in the expected form. Nothing was changed.",
        "Run again. If it stays so, report it with request_id, and look for a gateway on the way that changes answers.",
    ),
    "incomplete": About(
        "A list came, but not the whole of it, so it is not known what stands. Nothing was changed.",
        "Run again. If it stays so, report it with request_id.",
    ),
    "unknown_outcome": About(
        "A write was sent, and nothing tells whether it took effect; reading again did not settle it.",
        "Run again when the service answers; the run reads before it writes, and never sends blindly twice.",
    ),
    "changed_meanwhile": About(
        "Somebody else changed the connector while the run was at it, so it is not as the run wanted it. Or it is, and"
        " somebody else brought another connector into force for a domain of it; then retryable is false.",
        "Find out who else is at work. Where the message names another connector, decide which of the two is to keep"
        " the domain, and take it off the other one: nothing is taken back by itself. Then run again; the run reads"
        " before it writes.",
    ),
    "plan_changed": About(
        "The plan is not the approved one any more: the list or the connectors have changed. Nothing was changed. Or a"
        " connector is not as it was when its weakening was planned; then that one was left as it is.",
        "Make a new plan, look at it, and approve that.",
    ),
    "refused": About(
        "A guard of this collection stands against the change: allow_weaken, prune_limit, refuse_shared_domains, or"
        " another owner's mark. The other changes were made.",
        "If the change is meant, give the consent that the message names; otherwise mend the list.",
    ),
    "not_validated": About(
        "Exchange's own validation of the connector did not succeed.",
        "The message has what Exchange said, and what that means.",
    ),
    "skipped": About(
        "Not tried, because something that it depends on did not happen, or because of continue_on_error: false.",
        "Mend the failure that stands beside it, and run again.",
    ),
    "internal": About(
        "A fault of this collection. The run may have stopped half-way.",
        "Report it with the message. Run again with --check to see what is left to do.",
    ),
}


def printable(text: str) -> str:
    """Return a text that does nothing but be read: what cannot be printed is spelt out, as \\x1b.

    A terminal acts on control characters, and marks that turn the direction of writing make a text say something else.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def shown(text: str, longest: int = 300) -> str:
    """Return a text short enough to be part of a sentence."""
    return printable(text if len(text) <= longest else f"{text[: longest - 1]}\u2026")


class ExchangeError(Exception):
    """Something failed, in words that name the object and what to do next.

    ``message`` is one sentence for people. ``code`` is the service's own code or exception type,
    ``request_id`` the service's identifier of the request, for a support case. ``retryable`` says
    whether the same call may succeed later without any change. Never carries a raw body, nor a character that a
    terminal acts on: names and reasons in it are often written by others.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        http_status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retryable: bool = False,
    ) -> None:
        message = printable(message)
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message
        self.http_status = http_status
        self.code = code
        self.request_id = request_id
        self.retryable = retryable

    def reworded(self, message: str) -> ExchangeError:
        """The same failure in other words."""
        return ExchangeError(
            self.kind,
            message,
            http_status=self.http_status,
            code=self.code,
            request_id=self.request_id,
            retryable=self.retryable,
        )

    def as_result(self) -> dict[str, t.Any]:
        """The ``error`` value of a module's result."""
        return {
            "kind": self.kind,
            "message": self.message,
            "http_status": self.http_status,
            "code": self.code,
            "request_id": self.request_id,
            "retryable": self.retryable,
        }


class InputError(ExchangeError):
    """Wrong input. ``problems`` holds every sentence, so that a list is mended in one go."""

    def __init__(self, problems: t.Sequence[str]) -> None:
        self.problems = [printable(problem) for problem in problems]
        super().__init__("input", " ".join(self.problems))

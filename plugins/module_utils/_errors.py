# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The one error type of the collection: a sentence for people and fields for machines."""

from __future__ import annotations

import typing as t

Kind = t.Literal[
    "input",  # an option or a list entry is wrong; nothing was sent
    "dependency",  # a Python library is missing
    "authentication",  # no token, or the token was refused
    "permission",  # signed in, but not allowed
    "not_found",  # the object is not there
    "already_exists",  # the name is taken
    "rejected",  # the service understood and refused
    "throttled",  # too many requests, and waiting did not help
    "unavailable",  # the service answered, but could not do it now
    "network",  # the service could not be reached
    "unreadable",  # an answer came, but not one that can be trusted
    "incomplete",  # a list came, but not the whole of it
    "unknown_outcome",  # a write was sent and nothing tells whether it took effect
    "plan_changed",  # the plan is no longer the approved one
    "refused",  # a guard of this collection stands against it: allow_weaken, prune_limit, owner
    "not_validated",  # Exchange's own validation of a connector did not succeed
    "skipped",  # not tried, because something it depends on did not happen
    "internal",  # a fault of this collection
]


class ExchangeError(Exception):
    """Something failed, in words that name the object and what to do next.

    ``message`` is one sentence for people. ``code`` is the service's own code or exception type,
    ``request_id`` the service's identifier of the request, for a support case. ``retryable`` says
    whether the same call may succeed later without any change. Never carries a raw body.
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
        self.problems = list(problems)
        super().__init__("input", " ".join(self.problems))

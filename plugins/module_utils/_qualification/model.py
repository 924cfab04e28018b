# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What a qualification is made of: steps that are taken, exchanges that are kept, questions that these answer."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _wire
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Call, Record, ServiceError

#: What the names of all throw-away connectors begin with. What is left over is found by it; nothing else is removed.
PREFIX = "mailflow qualification - delete me"
#: Reserved for examples (RFC 2606): nobody has mail there.
RESERVED = "example.com"
#: Stands for the addresses of the validation's test mail.
RECIPIENTS = "{recipients}"
#: Ends the step of an exchange that does not tell where things stand: it was tried again, or ended the run.
FAILED = " (failed)"


def is_own(name: object, which: str = "") -> bool:
    """Whether a name is that of a throw-away connector, of any run."""
    return isinstance(name, str) and name.startswith(PREFIX) and name.endswith(f" {which}" if which else "")


@dataclasses.dataclass(frozen=True)
class Names:
    """The names that one run gives its throw-away connectors, and the domains in them."""

    run: str
    recipients: tuple[str, ...] = ()

    @property
    def outbound(self) -> str:
        return f"{PREFIX} {self.run} out"

    @property
    def second(self) -> str:
        return f"{PREFIX} {self.run} out 2"

    @property
    def inbound(self) -> str:
        return f"{PREFIX} {self.run} in"

    def fill(self, value: t.Any, identities: t.Mapping[str, str] | None = None) -> t.Any:
        """Put the names where a step has their place-holders; ``identities`` are the Guids by name, if known."""
        if value == RECIPIENTS:
            return list(self.recipients)
        if isinstance(value, str):
            known = identities or {}
            for name in ("outbound", "second", "inbound"):
                text = getattr(self, name)
                value = value.replace(f"{{{name}_id}}", known.get(text, text)).replace(f"{{{name}}}", text)
            return value.replace("{run}", self.run)
        if isinstance(value, t.Mapping):
            return {key: self.fill(item, identities) for key, item in value.items()}
        return [self.fill(item, identities) for item in value] if isinstance(value, (list, tuple)) else value


@dataclasses.dataclass(frozen=True)
class Exchange:
    """One request and its answer. ``body`` is the answer's JSON; where it is none, ``other`` says what came."""

    number: int
    step: str
    calls: t.Sequence[Call]
    asked: t.Mapping[str, t.Any]  # what is unusual about the request
    status: int
    headers: t.Mapping[str, str]
    body: t.Any
    other: str
    at: float  # seconds since the first request
    seconds: float

    @property
    def members(self) -> t.Mapping[str, t.Any]:
        return self.body if isinstance(self.body, dict) else {}

    @property
    def done(self) -> bool:
        """Whether the command took effect."""
        return self.status in (200, 201, 204) and not self.members.get("error")

    @property
    def refused(self) -> bool:
        """Whether the service understood the command and said no; that an object is not there is another answer."""
        return self.status == 400 and not self.missing

    @property
    def missing(self) -> bool:
        """Whether the service says that there is no such object."""
        return (self.error.exception or "").endswith("ObjectNotFoundException")

    @property
    def records(self) -> list[Record]:
        value = self.members.get("value")
        found = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        return [record for record in found if isinstance(record, dict)]

    @property
    def count(self) -> int:
        """How many records came; a recording keeps only some of a long list."""
        return int(self.members.get("value@count", len(self.records)))

    @property
    def link(self) -> str | None:
        found = self.members.get("@odata.nextLink")
        return found if isinstance(found, str) and found else None

    @property
    def warnings(self) -> list[str]:
        return _wire.texts(self.members.get("@adminapi.warnings"))

    @property
    def error(self) -> ServiceError:
        return _wire.service_error(self.members.get("error"))

    def own(self, which: str) -> Record | None:
        """The throw-away connector of this run: ``out``, ``out 2`` or ``in``."""
        return next((record for record in self.records if is_own(record.get("Name"), which)), None)


#: The last exchange of each step.
Seen = t.Mapping[str, Exchange]


def seen_in(exchanges: t.Iterable[Exchange]) -> Seen:
    """Return the exchanges by their step; ``throttled`` is one that was sent away, of any step."""
    found: dict[str, Exchange] = {}
    for one in exchanges:
        found[one.step] = one
        if one.status == 429:
            found["throttled"] = one
    return found


def always(_seen: Seen) -> bool:
    return True


@dataclasses.dataclass(frozen=True)
class Step:
    """One request. It is taken when ``when`` says so of what was seen before.

    ``headers`` replace usual ones, None takes one away. ``follow`` is the step whose link to the next page is followed.
    Several calls are a batch; ``bearer`` is whether its items carry the token.
    """

    key: str
    calls: tuple[Call, ...]
    headers: t.Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    follow: str | None = None
    bearer: bool = True
    when: t.Callable[[Seen], bool] = always
    pause: float = 0.0

    @property
    def unusual(self) -> dict[str, t.Any]:
        """What is worth telling beside the calls."""
        told: dict[str, t.Any] = {"headers": dict(self.headers)} if self.headers else {}
        if self.follow:
            told["follows"] = self.follow
        if len(self.calls) > 1:
            told["item_bearer"] = self.bearer
        return told


class Finding(t.NamedTuple):
    """An answer in words, and the setting of the lab's switch that it is, where it is one."""

    text: str
    setting: str | None = None


@dataclasses.dataclass(frozen=True)
class Question:
    """``read`` answers it from what was seen, or not at all, and then ``open`` says what is missing.

    ``id`` is the name of the lab's switch where ``assumed``, its default, is given. Otherwise the answer is for people.
    """

    id: str
    text: str
    source: str
    steps: tuple[str, ...]
    read: t.Callable[[Seen], Finding | None]
    assumed: str | None = None
    writes: bool = False
    open: str = "The answers do not tell."

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The shapes of the admin API: what is sent, and what an answer holds. Pure."""

from __future__ import annotations

import dataclasses
import json
import typing as t
import urllib.parse

# Microsoft's page "Exchange Online Admin API: get started": the mailbox to route tenant-wide commands by.
_ANCHOR = "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@"
PAGE_SIZE = 1000
_PREFER = f"odata.maxpagesize={PAGE_SIZE}"
#: Levels of a record. Those of Exchange have four.
_DEEPEST = 32

Record = dict[str, t.Any]


class Call(t.NamedTuple):
    """One command: a cmdlet and its parameters as they travel in JSON.

    ``members`` are those of the records it returns that are wanted; None for all. A record of a connector has some that
    are long and of no use, and a tenant has a thousand such records.
    """

    cmdlet: str
    parameters: t.Mapping[str, object]
    members: t.Collection[str] | None = None

    @property
    def label(self) -> str:
        """The command in words, for messages."""
        named = self.parameters.get("Name") or self.parameters.get("Identity")
        return f"{self.cmdlet} of '{named}'" if named else self.cmdlet


@dataclasses.dataclass
class Answer:
    """What a command returned: all its records, and the warnings beside them."""

    value: list[Record]
    warnings: list[str]


@dataclasses.dataclass(frozen=True)
class Body:
    """A body read as JSON, or the fact that it is empty or cannot be read."""

    state: t.Literal["json", "empty", "garbled"]
    value: t.Any = None

    @property
    def members(self) -> t.Mapping[str, t.Any]:
        return self.value if isinstance(self.value, dict) else {}


@dataclasses.dataclass(frozen=True)
class Item:
    """One answer inside a batch. ``status`` is None when the service did not give one."""

    status: int | None
    headers: t.Mapping[str, str]
    body: Body


@dataclasses.dataclass(frozen=True)
class ServiceError:
    """An error member, taken apart."""

    exception: str | None  # the .NET type
    text: str


def invoke_url(api: str, tenant: str, members: t.Collection[str] | None = None) -> str:
    """Return the address of commands; ``members`` are those of the records that are asked for, None: all."""
    selected = f"?$select={','.join(members)}" if members else ""
    return f"{api}/adminapi/beta/{tenant}/InvokeCommand{selected}"


def batch_url(api: str, tenant: str) -> str:
    return f"{api}/adminapi/beta/{tenant}/$batch"


def headers(token: str, tenant: str, connection_id: str, request_id: str) -> dict[str, str]:
    """Return the headers of a request. Anchor and connection stay the same for all pages of a list."""
    return {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json; charset=utf-8",
        "Accept": "application/json",
        "Prefer": _PREFER,
        "X-AnchorMailbox": f"{_ANCHOR}{tenant}",
        "X-ResponseFormat": "json",
        "connection-id": connection_id,
        "client-request-id": request_id,
    }


def envelope(call: Call) -> Record:
    return {"CmdletInput": {"CmdletName": call.cmdlet, "Parameters": dict(call.parameters)}}


def encode(content: Record) -> bytes:
    try:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError:  # half a character, which JSON can spell and UTF-8 cannot; the service says what it is
        return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()


def batch(calls: t.Mapping[str, tuple[Call, str]], common: t.Mapping[str, str]) -> Record:
    """Return a batch of commands, each with its address, by their ids. Each carries the headers it would have alone."""
    return {
        "requests": [
            {
                "id": identifier,
                "method": "POST",
                "url": url,
                "headers": {**common, "X-CmdletName": call.cmdlet, "client-request-id": identifier},
                "body": envelope(call),
            }
            for identifier, (call, url) in calls.items()
        ]
    }


def batch_headers(common: t.Mapping[str, str]) -> dict[str, str]:
    # Without this preference OData services stop at the first item that fails.
    return {**common, "Prefer": f"{_PREFER}, odata.continue-on-error"}


def read_body(content: bytes, damaged: bool = False) -> Body:
    """Read a body as JSON, whatever its Content-Type says."""
    if damaged:
        return Body("garbled")
    if not content.strip():
        return Body("empty")
    try:
        return Body("json", json.loads(content.decode("utf-8-sig"), parse_constant=_no_number))
    except (ValueError, RecursionError):
        return Body("garbled")


def _no_number(name: str) -> t.NoReturn:
    """NaN and the like are Python's, not JSON's."""
    raise ValueError(name)


def read_batch(body: Body, identifiers: t.Collection[str]) -> dict[str, Item | None] | None:
    """Return each item's answer by id: None where there is none, or several that differ.

    None instead of all that: this is no answer to a batch.
    """
    responses = body.members.get("responses")
    if not isinstance(responses, list):
        return None
    found: dict[str, Item | None] = dict.fromkeys(identifiers)
    contradicted = set()
    for response in responses:
        identifier = response.get("id") if isinstance(response, dict) else None
        if not isinstance(identifier, str) or identifier not in found:
            continue
        item = _item(response)
        if found[identifier] is not None and not _same(found[identifier], item):
            contradicted.add(identifier)
        found[identifier] = item
    return {identifier: None if identifier in contradicted else item for identifier, item in found.items()}


def _same(one: Item | None, other: Item) -> bool:
    try:
        return one == other
    except RecursionError:  # nested as no answer is
        return False


def _item(response: t.Mapping[str, t.Any]) -> Item:
    status = response.get("status")
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status[:4])
    given = response.get("headers")
    names = {str(name).lower(): str(value) for name, value in given.items()} if isinstance(given, dict) else {}
    content = response.get("body")
    body = Body("empty") if content is None or content == "" else Body("json", content)
    return Item(status if isinstance(status, int) and not isinstance(status, bool) else None, names, body)


def wanted(record: Record, members: t.Collection[str] | None) -> Record:
    """Return a record with these members alone, and without OData's annotations. Raises RecursionError like plain."""
    if members is None:
        return t.cast("Record", plain(record))
    # Most values are texts and truth values, or empty, and need no look inside.
    return {
        name: plain(value, 1) if (value := record[name]) and isinstance(value, (dict, list)) else value
        for name in members
        if name in record
    }


def plain(value: t.Any, depth: int = 0) -> t.Any:
    """Return a value without OData's annotations: every member with an @ in its name, at any depth.

    Raises RecursionError where it is nested as no record of Exchange is.
    """
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, dict):
        return {name: plain(member, depth + 1) for name, member in value.items() if "@" not in name}
    if isinstance(value, list):
        return [plain(member, depth + 1) for member in value]
    return value


def texts(value: object) -> list[str]:
    """Return the texts of a list of warnings, each on one line."""
    return [line for line in map(one_line, value) if line] if isinstance(value, list) else []


def one_line(text: object, limit: int = 500) -> str:
    """Return a text of the service fit for a message: one line, printable, not endless."""
    if not isinstance(text, str):
        return ""
    words = " ".join("".join(c if c.isprintable() else " " for c in text[: limit * 4]).split())
    return words if len(words) <= limit else words[: limit - 3] + "..."


def service_error(error: object, depth: int = 0) -> ServiceError:
    """Take an ``error`` member apart. Its ``message`` says nothing; the cause is in the details.

    ``details[0].message`` is ``id|type|text``; without it there is the internal exception, which is of use only for
    commands that could not be bound. A message may be such an object again, as JSON in a text.
    """
    if not isinstance(error, dict):
        return ServiceError(None, one_line(error))
    details = error.get("details")
    first = details[0] if isinstance(details, list) and details else None
    message = first.get("message") if isinstance(first, dict) else None
    if isinstance(message, str) and message:
        parts = message.split("|", 2)
        return (
            ServiceError(parts[1].strip() or None, one_line(parts[2]))
            if len(parts) == 3
            else ServiceError(None, one_line(message))
        )
    inner = _any_case(_any_case(error, "innererror"), "internalexception")
    name, text = _any_case(inner, "type"), one_line(_any_case(inner, "message"))
    if text:
        return ServiceError(name if isinstance(name, str) and name else None, text)
    outer = error.get("message")
    if isinstance(outer, str) and outer.lstrip().startswith("{") and depth < 2:
        nested = read_body(outer.encode("utf-8", "replace")).members
        if nested:
            return service_error(nested.get("error", nested), depth + 1)
    return ServiceError(None, one_line(outer))


def _any_case(members: object, name: str) -> t.Any:
    if not isinstance(members, dict):
        return None
    return next((value for key, value in members.items() if key.lower() == name), None)


def safe_link(link: str, current: str) -> str | None:
    """Return the address of the next page, or None when a token must not be sent there.

    It has to be on the very host, port and scheme of the page before, below /adminapi/.
    """
    try:
        url = urllib.parse.urljoin(current, link)
        here, there = urllib.parse.urlsplit(current), urllib.parse.urlsplit(url)
        same = (here.scheme, here.hostname, here.port or 443) == (there.scheme, there.hostname, there.port or 443)
    except ValueError:
        return None
    clean = there.username is None and there.password is None and "\\" not in link and link.isprintable()
    return url if same and clean and there.path.lower().startswith("/adminapi/") else None

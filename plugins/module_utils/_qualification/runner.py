# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The module ``exchange_qualification`` without Ansible: validated options in, a result out."""

from __future__ import annotations

import datetime as dt
import json
import typing as t
import uuid

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import Client, Pace, open_sender
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._progress import Tell, tell_nobody
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification import document
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.ask import Wire
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.carry import Carrier
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import Names, is_own
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.pseudonyms import (
    Pseudonyms,
    leaks,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.recording import record
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.sweep import Broom, Left
from ansible_collections.mailflow.exchange_online.plugins.module_utils._result import Result


def run_qualification(
    options: t.Mapping[str, t.Any],
    *,
    check_mode: bool,
    on_secret: t.Callable[[str], None],
    on_progress: Tell = tell_nobody,
    pace: Pace | None = None,
) -> Result:
    """Ask a tenant the open questions. What was found out is returned, whatever went wrong afterwards."""
    pace = pace or Pace()
    sender, where, warnings = open_sender(options, on_secret, pace)
    wire = Wire(sender, where, pace)
    broom = Broom(Client(sender, where, concurrency=1, batch_size=1), wire, pace)
    carrier = Carrier(wire, Names(uuid.uuid4().hex[:8], _recipients(options)), pace)
    write = bool(options["write"]) and not check_mode
    problem, left = _carry_out(carrier, broom, write=write, on_progress=on_progress)
    today = dt.datetime.fromtimestamp(pace.now(), dt.timezone.utc).date().isoformat()
    try:
        found = _document(options, wire, made=today, wrote=write, whole=problem is None)
    except ExchangeError as stopped:
        raise _error(stopped, left) or stopped from None  # what is left in the tenant is told all the same
    return Result(
        changed=(write and bool(carrier.made or broom.removed)) or (bool(options["write"]) and check_mode),
        data={
            "qualification": found,
            "summary": document.summary(found),
            "left": [{"name": one.name, "command": one.by_hand} for one in left],
            "requests": sender.requests,
        },
        warnings=[*warnings, *_warned(wire, broom, write=write)],
        error=_error(problem, left),
    )


def _recipients(options: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    given = tuple(options.get("validation_recipients") or ())
    wrong = [one for one in given if one.count("@") != 1 or one.startswith("@") or one.endswith("@")]
    if wrong:
        raise InputError([f"validation_recipients: '{one}' is no mail address." for one in wrong])
    if given and not options["write"]:
        raise InputError(["validation_recipients: a validation takes a throw-away connector; set write: true."])
    return given


def _carry_out(
    carrier: Carrier, broom: Broom, *, write: bool, on_progress: Tell
) -> tuple[ExchangeError | None, list[Left]]:
    """Read, write and remove; return what went wrong, and what is left."""
    problem: ExchangeError | None = None
    left: list[Left] = []
    try:
        on_progress("Asking what can be asked by reading")
        carrier.read()
        if write:
            left = broom.sweep()
            on_progress("Asking with throw-away connectors, disabled and without mail")
            carrier.write()
    except ExchangeError as stopped:
        problem = stopped
    finally:
        if write:
            on_progress("Removing the throw-away connectors")
            left = broom.sweep(carrier.made)
    return problem or (broom.problem if left else None), left


def _document(options: t.Mapping[str, t.Any], wire: Wire, *, made: str, wrote: bool, whole: bool) -> document.Document:
    """The content of the file. Raises ExchangeError rather than return anything that tells who was asked."""
    names = Pseudonyms()
    recording = record(wire.exchanges, names)
    found = document.make(recording, made=made, cloud=options.get("cloud") or "worldwide", wrote=wrote, whole=whole)
    given = (options.get(name) for name in ("tenant_id", "client_id", "client_secret", "access_token"))
    told = leaks(json.dumps(found, ensure_ascii=False), {*names.real, *wire.secrets, *filter(None, given)})
    if told:
        raise ExchangeError(
            "internal",
            f"{len(told)} identifiers of the tenant would have stood in the file, so there is none. This is a fault of"
            " the collection; please report it.",
        )
    return found


def _warned(wire: Wire, broom: Broom, *, write: bool) -> list[str]:
    """What an earlier run has left behind and this one may not remove, and what this one may have left unseen."""
    if write:
        return [
            f"It is not known whether the connector '{name}' came to be; it was not found. It is disabled and carries"
            " no mail. If it did, the next run with write: true removes it."
            for name in sorted(broom.unsure)
        ]
    every = (one for exchange in wire.exchanges for one in exchange.records)
    found = dict.fromkeys(str(one["Name"]) for one in every if is_own(one.get("Name")))
    return [
        f"An earlier qualification has left the connector '{name}' behind. Run again with write: true to remove it."
        for name in found
    ]


def _error(problem: ExchangeError | None, left: t.Sequence[Left]) -> ExchangeError | None:
    if not left:
        return problem
    names = ", ".join(f"'{one.name}'" for one in left)
    commands = "; ".join(one.by_hand for one in left)
    why = f" ({problem.message.rstrip('.')})" if problem is not None else ""
    return ExchangeError(
        "unknown_outcome",
        f"The throw-away connectors {names} could not be removed{why}. They are disabled and carry no mail. Remove them"
        f" in Exchange Online PowerShell: {commands}",
        retryable=True,
    )

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A partner x the time -> what is to stand in Exchange, and what has to be told about it. Pure."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import printable
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.times import iso_or_none, said

#: What stands in Exchange: what stands there anyhow, nothing, disabled connectors, enabled ones.
Stand = t.Literal["untouched", "absent", "disabled", "enabled"]


#: What can hold a partner back.
Reason = t.Literal["enforce_from", "probe", "validation", "wave", "conflict", "refused", "break_glass"]


@dataclasses.dataclass(frozen=True)
class Hold:
    """Why a partner that is to be enforced is not enforced yet, or is not changed. ``message`` has no full stop.

    Without ``until`` it lasts until what the message names is mended.
    """

    reason: Reason
    until: dt.datetime | None = None
    message: str = ""

    def line(self, name: str) -> str:
        until = f" until {said(self.until)}" if self.until else ""
        message = printable(f": {self.message}." if self.message else "")
        return f"held: {name}{until}: {self.reason}{message}"

    def plain(self, name: str) -> dict[str, str | None]:
        """Return what users see of it in a result."""
        message = printable(f"{self.message}." if self.message else "")
        return {"name": name, "reason": self.reason, "until": iso_or_none(self.until), "message": message}


#: What there can be to decide.
Code = t.Literal[
    "suspension_over", "date_passed", "exception_over", "probe_failing", "validation_failed", "connector_blocked"
]


@dataclasses.dataclass(frozen=True)
class Alert:
    """Something that a person has to decide. ``since`` is when that became so, where that is known."""

    code: Code
    since: dt.datetime | None
    message: str

    def plain(self, name: str) -> dict[str, str | None]:
        """Return what users see of it in a result."""
        since = iso_or_none(self.since)
        return {"name": name, "alert": self.code, "since": since, "message": printable(f"{self.message}.")}


@dataclasses.dataclass(frozen=True)
class Standing:
    stand: Stand
    hold: Hold | None = None
    alert: Alert | None = None


def standing(partner: Partner, now: dt.datetime) -> Standing:
    """Return what ``now`` makes of a partner.

    The end of a suspension enforces nothing by itself: TLS was taken off because mail did not get through, and
    nobody has said that it does again. Neither is the suspension anything that was agreed to any longer, so a person
    is told, in every run, until the list says what holds.
    """
    if partner.state == "absent":
        return Standing("absent")
    if partner.state == "suspended":
        return Standing("disabled", alert=_suspension_over(partner, now))
    if partner.state == "enforced":
        if partner.enforce_from is not None and now < partner.enforce_from:
            return Standing("disabled", hold=Hold("enforce_from", partner.enforce_from))
        return Standing("enabled")
    return Standing("untouched" if partner.state == "planned" else "disabled", alert=_date_passed(partner, now))


def _suspension_over(partner: Partner, now: dt.datetime) -> Alert | None:
    if partner.until is None or now < partner.until:
        return None
    return Alert(
        "suspension_over",
        partner.until,
        f"{partner.name}: the suspension ended on {said(partner.until)}, and nothing is enforced by that alone;"
        f" set state to enforced, or until to a new date (reason: {partner.reason})",
    )


def _date_passed(partner: Partner, now: dt.datetime) -> Alert | None:
    """The other side may have switched on the agreed date."""
    if partner.enforce_from is None or now < partner.enforce_from:
        return None
    return Alert(
        "date_passed",
        partner.enforce_from,
        f"{partner.name}: enforce_from was {said(partner.enforce_from)}, and nothing is enforced because state is"
        f" {partner.state}; set state to enforced, or agree on a new date",
    )

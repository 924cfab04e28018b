# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real tenant answered (the module exchange_qualification writes it): settings of the switches, and evidence.

The lab that is started with such a file answers as that tenant did, and says so in its account of evidence.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import typing as t

from .evidence import RECORDED, Evidence
from .switch_table import TABLE
from .switches import Switch, Switches, Value

FORMAT: t.Final = "mailflow.exchange_online qualification"
VERSION: t.Final = 1

#: Switch and setting -> the answers that the tenant has then been seen to give.
_SEEN: t.Final[t.Mapping[tuple[str, str], str]] = {
    ("domain_validation_without_tls_domain", "refused"): "rule.OUT-3",
    ("tls_domain_without_domain_validation", "refused"): "rule.OUT-4",
    ("outbound_without_scope", "refused"): "rule.OUT-6",
    ("smart_hosts_with_mx", "refused"): "rule.E5",
    ("recipient_domains_limit", "2243"): "rule.E15",
    ("ip_restriction_without_addresses", "refused"): "rule.IN-3",
    ("certificate_restriction_without_name", "refused"): "rule.IN-4",
    ("partner_without_restriction", "refused"): "rule.IN-7",
    ("ip_and_certificate", "refused"): "rule.IN-8",
    ("developer_tenant", "yes"): "rule.IN-10",
    ("dehydrated_tenant", "yes"): "tenant.dehydrated",
    ("trailing_dot", "refused"): "store.trailing-dot",
    ("idn", "refused"): "store.idn",
    ("list_duplicates", "refused"): "store.duplicates",
    ("new_returns", "object"): "new.object",
    ("new_returns", "nothing"): "new.nothing",
    ("set_without_change", "warning"): "set.unchanged-warning",
    ("set_without_change", "silent"): "set.unchanged-silent",
    ("clear_other_forms", "refused"): "bind.clear-form",
    ("get_unknown_identity", "404"): "cmdlet.not-found",
    ("get_unknown_identity", "all"): "get.unknown-identity-all",
    ("next_link", "usable"): "page.next",
    ("next_link", "expired"): "page.expired",
    ("blocked_connector_id", "ConnectorId"): "blocked.list",
    ("batch", "on"): "batch.answer",
    ("batch", "404"): "batch.not-served",
    ("batch_without_accept", "multipart"): "batch.multipart",
    ("batch_item_bearer", "needed"): "batch.item-bearer",
    ("throttle_body", "text"): "throttle.text",
    ("throttle_body", "json"): "throttle.json",
}
#: Questions without a switch: words that the answer has when the tenant answers as the lab does.
_SAID: t.Final[t.Mapping[tuple[str, str], str]] = {
    ("duplicate_name", "HTTP 400. Refused: ADObjectAlreadyExistsException"): "cmdlet.already-exists",
    ("mx_without_hosts", "HTTP 400. Refused"): "rule.OUT-1",
    ("unknown_parameter", "AmbiguousParameterSetException"): "bind.unknown-parameter",
    ("address_v6", "HTTP 400. Refused"): "bind.bad-item",
    ("inbound_name_length", "DataValidationException"): "rule.name-length",
    ("accept_encoding", "HTTP 403, Content-Encoding gzip, 4096 bytes, all of them NUL"): "rights.unknown-cmdlet",
}


@dataclasses.dataclass(frozen=True)
class Qualified:
    """What one tenant answered, on the day ``made``."""

    made: str
    settings: t.Mapping[str, Value]
    answers: t.Mapping[str, str]

    @property
    def source(self) -> str:
        """The source that the account of evidence names."""
        return f"a tenant, asked on {self.made}"

    def row(self, row: Evidence) -> Evidence:
        """The row, recorded where the tenant has been seen to answer so."""
        seen = {_SEEN.get((name, str(value))) for name, value in self.settings.items()}
        seen |= {said for (name, words), said in _SAID.items() if words in self.answers.get(name, "")}
        return row._replace(basis=RECORDED, source=f"{self.source}; {row.source}") if row.id in seen else row

    def switch(self, switch: Switch) -> Switch:
        """The switch with the tenant's answer as its default."""
        if switch.name not in self.settings:
            return switch
        return switch._replace(default=self.settings[switch.name], basis=RECORDED, source=self.source)


def load(path: str | os.PathLike[str]) -> Qualified:
    """Read the file. Raises ValueError with one sentence for what is wrong with it."""
    name = os.fspath(path)
    try:
        found = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except OSError as problem:
        raise ValueError(f"The qualification {name} cannot be read: {problem.strerror}") from None
    except ValueError:
        raise ValueError(
            f"The qualification {name} is no JSON; give the file that the playbook qualify wrote"
        ) from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"{name} is no qualification; give the file that the playbook qualify wrote")
    if found.get("version") != VERSION:
        raise ValueError(f"The qualification {name} has version {found.get('version')}; this lab reads {VERSION}")
    try:
        settings = Switches(TABLE, t.cast("dict[str, object]", found.get("settings") or {}))
        answers = {str(one["id"]): str(one["answer"]) for one in found.get("answers") or []}
    except (KeyError, ValueError, TypeError, AttributeError) as problem:
        raise ValueError(f"The qualification {name} does not fit this lab: {problem.args[0]}") from None
    given = {one: settings[one] for one in found.get("settings") or {}}
    return Qualified(str(found.get("made", "an unknown day")), given, answers)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Trial: the line in a connector's comment that says what it asked for before a change that is being validated. Pure.

A change of somebody in force is made, validated, and taken back if that does not pass. A run that is killed in between
leaves the change, and mail may stop; by this line the next run knows what to take it back to, wherever it runs.

Domains are not part of it: taking one back would leave it to nobody where another connector has given it up.
"""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import present
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import BY_OPTION
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Settings,
    Value,
)

#: What decides whether mail goes through, and who is asked about it.
OPTIONS = (
    *("tls_settings", "tls_domain", "use_mx_record", "smart_hosts", "smtp_dane_mode", "mta_sts_mode"),
    "validation_recipients",
    *("require_tls", "restrict_domains_to_certificate", "tls_sender_certificate_name"),
    *("restrict_domains_to_ip_addresses", "sender_ip_addresses"),
)
#: A comment is to stay readable, and Exchange does not say how long one may be.
LONGEST = 1000

_MARK = re.compile(r"^[ \t]*\[mailflow\.exchange_online trial (?P<was>\{.*\})\][ \t]*$", re.MULTILINE)


def changed(before: Settings, after: Settings) -> list[str]:
    """Return which of these options change."""
    return [o for o in OPTIONS if o in before and o in after and before[o] != after[o]]


def trial_mark(before: Settings, after: Settings) -> str:
    """Return the line, without line end; an empty text where nothing of it changes, or too much for a comment."""
    was = {option: present.plain(before[option]) for option in changed(before, after)}
    text = json.dumps(was, sort_keys=True)
    return f"[mailflow.exchange_online trial {text}]" if was and len(text) <= LONGEST else ""


def with_trial(comment: str, mark: str) -> str:
    """Return the comment with the line below it."""
    return f"{comment}\n{mark}".lstrip("\n") if mark else comment


def without_trial(comment: str) -> str:
    """Return the comment without such lines."""
    if not _MARK.search(comment):
        return comment
    return "\n".join(line for line in comment.split("\n") if not _MARK.fullmatch(line)).rstrip()


def is_on_trial(connector: Connector) -> bool:
    """Whether a run has left it in the middle of a trial."""
    return _MARK.search(str(connector.settings.get("comment", ""))) is not None


def before_trial(connector: Connector) -> Connector:
    """Return the connector as it was before its trial; itself where there is none.

    What a line that somebody has edited does not tell any more stays as it stands.
    """
    comment = str(connector.settings.get("comment", ""))
    match = _MARK.search(comment)
    if match is None:
        return connector
    settings = {**connector.settings, **_read(match["was"]), "comment": without_trial(comment)}
    return connector._replace(settings=settings)


def _read(text: str) -> dict[str, Value]:
    try:
        was: t.Mapping[str, object] = json.loads(text)
        found = {option: BY_OPTION[option].kind.parse(was[option]) for option in OPTIONS if option in was}
    except (ValueError, TypeError, AttributeError):
        return {}
    return found if all(present.writable(option, value) for option, value in found.items()) else {}

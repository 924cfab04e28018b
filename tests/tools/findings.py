# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of findings of partner_tls_info as a page: ``make docs`` writes it to docs/findings.md."""

from __future__ import annotations

import re
import sys
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import (
    codes_certificate,
    codes_dns,
    codes_encryption,
    codes_reach,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.code import Code

PARTS: tuple[tuple[str, t.Mapping[str, Code]], ...] = (
    ("Encryption", codes_encryption.CODES),
    ("Certificates", codes_certificate.CODES),
    ("DNS, DANE and MTA-STS", codes_dns.CODES),
    ("The way to the servers", codes_reach.CODES),
)
WEIGHTS = {
    "level": "an error where it puts the required level out of reach, a warning where it leaves it in doubt, otherwise"
    " a note",
    "delivery": "an error where it stops mail, a warning where another server still takes it",
    "error": "always an error",
    "warning": "always a warning",
    "info": "always a note",
}
HEAD = """\
<!-- Written by `make docs`; edit the codes_*.py files in plugins/module_utils/_tls instead. -->

# Findings of partner_tls_info

Every finding has one of these codes. What stands in angle brackets is filled in. The advice is written so that it can
be sent to the partner as it stands.

*Sustains at best* is the level that a server with this finding was seen to pass; where another level follows after
"to", Exchange's behaviour is not documented and might reach that far. A server that is *not judged* says nothing about
TLS, and does not lower the verdict on the others.
"""


def markdown() -> str:
    """The whole page."""
    lines = [HEAD]
    for title, codes in PARTS:
        lines.append(f"## {title}\n")
        for name, code in codes.items():
            lines += [*_section(name, code), ""]
    return "\n".join(lines).rstrip() + "\n"


def _section(name: str, code: Code) -> t.Iterator[str]:
    yield f"### {name}\n"
    yield f"{code.title}: {WEIGHTS[code.weight]}.\n"
    yield f"> {_shown(code.message)}\n>\n> *{_shown(code.advice)}*\n"
    if code.bounds is not None:
        yield f"- Sustains at best: {_bounds(code)}"
    if code.reply:
        yield f"- What Exchange Online says to the sender: {code.reply}"
    if code.result_type:
        yield f"- In TLS reports (RFC 8460): `{code.result_type}`"
    yield f"- Source: {code.source}"


def _bounds(code: Code) -> str:
    proven, possible = code.bounds or (None, None)
    if proven is None:
        return "not judged"
    return f"`{proven}`" if proven == possible else f"`{proven}` to `{possible}`"


def _shown(template: str) -> str:
    return re.sub(r"\{(\w+)\}", r"&lt;\1&gt;", template)


if __name__ == "__main__":
    sys.stdout.write(markdown())

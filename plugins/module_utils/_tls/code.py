# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What a kind of finding is: what it means for the level, its words, its advice and where the rule comes from.

A finding bounds the level of the server that it is about from both sides: ``proven`` is what was seen to work all the
same, ``possible`` what might still work. A server whose ``proven`` is None was not judged: it says nothing about TLS.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Level

#: level: an error where the required level is out of reach, a warning where it is in doubt, else a note.
#: delivery: an error where it stops mail, a warning where another server still takes it.
Weight = t.Literal["level", "delivery", "error", "warning", "info"]


@dataclasses.dataclass(frozen=True)
class Code:
    """One kind of finding. ``message`` and ``advice`` are templates; the rules fill in what they name in braces.

    ``result_type`` is the word of RFC 8460 section 4.3 for it, ``reply`` what a sender at Exchange Online gets to see.
    """

    title: str
    weight: Weight
    message: str
    advice: str
    source: str
    bounds: tuple[Level | None, Level] | None = None
    result_type: str = ""
    reply: str = ""

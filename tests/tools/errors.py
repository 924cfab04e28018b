# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the page "Errors and what to do", from the tables of the code: ``make docs`` writes them."""

from __future__ import annotations

import pathlib
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ABOUT
from ansible_collections.mailflow.exchange_online.plugins.module_utils._retry import TABLE, Failure
from ansible_collections.mailflow.exchange_online.plugins.module_utils._signin_errors import REFUSALS
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.readings import ADVICE
from ansible_collections.mailflow.exchange_online.tests.tools import message_blocks as rst

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "errors.rst"
#: Words of the code for what went wrong with a request, for those who do not know the code.
FAILURES: t.Mapping[Failure, str] = {
    "never_connected": "no connection",
    "untrusted": "TLS failed, or the certificate is not trusted",
    "timed_out": "no answer in time",
    "lost": "the connection ended before the answer",
    "unreadable": "the answer is empty, cut off, or not of the expected form",
    "throttled": "too many requests (429)",
    "busy": "not now (503)",
    "transient": "Exchange says that it may be tried again",
    "server_error": "another error of the service (500, 502, 504)",
    "unauthorized": "the token is not accepted (401)",
    "forbidden": "not allowed (403)",
    "refused": "Exchange refuses the command",
    "partial": "errors beside the result",
}
ACTIONS = {
    "retry": "sent again",
    "reauthenticate": "sent again with a new token",
    "reread": "what stands is read; sent again only where it had no effect",
    "give_up": "an error",
}
#: Names of options and the like in the code's words.
_NAMES = re.compile(r"\b([a-z]+(?:_[a-z]+)+(?:: false)?|Exchange\.ManageAsApp)\b|(--check(?: --diff)?)")


def render(text: str) -> str:
    """Return the page with the tables as the code has them."""
    text = rst.replace(text, "kinds", rst.table(("kind", "what happened", "what to do"), _kinds(), "15 42 43"))
    text = rst.replace(text, "sign-in", rst.table(("code", "what it says, and what to do"), _sign_in(), "20 80"))
    text = rst.replace(text, "validation", rst.table(("Exchange's text has", "what to do"), _validation(), "35 65"))
    return rst.replace(text, "again", rst.table(("what happened", "a read is", "a write is"), _again(), "34 26 40"))


def _kinds() -> t.Iterator[tuple[str, ...]]:
    for kind, about in ABOUT.items():
        yield (rst.literal(kind), _shown(about.meaning), _shown(about.remedy))


def _sign_in() -> t.Iterator[tuple[str, ...]]:
    """Codes with the same words share a line."""
    codes: dict[str, list[int]] = {}
    for code, words in REFUSALS.items():
        codes.setdefault(words, []).append(code)
    for words, numbers in codes.items():
        yield (", ".join(f"AADSTS{number}" for number in numbers), _shown(words[0].upper() + words[1:]) + ".")


def _validation() -> t.Iterator[tuple[str, ...]]:
    for part, words in ADVICE:
        yield (rst.literal(part), _shown(words))


def _again() -> t.Iterator[tuple[str, ...]]:
    for failure, words in FAILURES.items():
        yield (words, ACTIONS[TABLE["read", failure]], ACTIONS[TABLE["replace", failure]])


def _shown(words: str) -> str:
    return _NAMES.sub(lambda found: rst.literal(found[0]), words.replace("*", r"\*"))


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

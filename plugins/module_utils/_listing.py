# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A list that comes in pages: whole, or an error. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _wire
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._judge import Fault, Page
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Answer, Call

#: Pages of one list. A thousand records each: no tenant has so many connectors.
_MOST_PAGES = 100


class Selection:
    """Whether only those members of records are asked for that are wanted, which halves an answer.

    How Exchange selects is not documented. Public clients rely on it, and here nothing does: a list that falls short is
    asked for again, whole.
    """

    works = True


class Listing:
    """The pages of one Get-* command as they come in. ``url`` is where the next one is asked for, with the same
    command; None when the list is whole."""

    def __init__(self, call: Call, where: t.Callable[[t.Collection[str] | None], str], selection: Selection) -> None:
        """``where`` tells where the command is sent, given the members that are asked for, None for all."""
        self.call = call
        self._selection = selection
        self._selects = selection.works and call.members is not None
        url = where(call.members if self._selects else None)
        self.answer = Answer([], [])
        self.url: str | None = url
        self._seen = [url]

    def take(self, page: Page) -> None:
        """Add a page. Raises ExchangeError when the way to the next one cannot be gone."""
        self.answer.value += page.value
        self.answer.warnings += page.warnings
        if page.next_link is None:
            self.url = None
            return
        link = _wire.safe_link(page.next_link, self._seen[-1])
        if link is None:
            raise self._incomplete("the link to the next page leads away from api_url, and was not followed")
        if link in self._seen:
            raise self._incomplete("the pages go in a circle")
        if len(self._seen) == _MOST_PAGES:
            raise self._incomplete(f"there are more than {_MOST_PAGES} pages")
        self._seen.append(link)
        self.url = link

    def falls_short(self, page: Page | Fault) -> bool:
        """Whether to select was no good: it was refused, or a member is missing somewhere. It is not tried again."""
        if not self._selects:
            return False
        if isinstance(page, Fault):
            short = page.failure == "refused"  # whatever else is wrong would be wrong again, after as many tries
        else:
            short = any(len(record) < len(self.call.members or ()) for record in page.value)
        if short:
            self._selection.works = False
        return short

    def _incomplete(self, words: str) -> ExchangeError:
        return Fault("partial", words).error(self.call)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What every page has around its content. Pure."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.markup import Content, Html, el
from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.style import CSS

#: Nothing is loaded, run or sent by a page, whatever may stand in it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def document(title: str, *body: Content, more_css: str = "") -> str:
    """Return the whole text of a page."""
    head = el(
        "head",
        Html('<meta charset="utf-8">'),
        el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", title),
        el("style", Html(f"{CSS}\n{more_css}" if more_css else CSS)),
    )
    return f"<!DOCTYPE html>\n{el('html', head, el('body', *body), lang='en')}\n"


def skip_link(text: str) -> Html:
    """The first link of a page, for who cannot see where its content begins (``id="main"``)."""
    return el("a", text, href="#main", class_="skip")

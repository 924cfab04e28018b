# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""HTML that cannot be broken by what is written into it: all text is escaped unless it was built here. Pure."""

from __future__ import annotations

import html
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._report.text import visible


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


BLANK = Html(" ")

Content = t.Union[Html, str, int, None, t.Iterable["Content"]]

#: Elements without content.
_VOID = frozenset({"meta", "rect", "circle", "line", "path", "br", "use"})
#: Elements that end where the next one begins, or where that ends which they are in (HTML, 13.1.2.4): many partners
#: make a long page.
_OPEN = frozenset({"td", "th", "tr", "li", "dt", "dd"})


def escaped(text: object) -> Html:
    """Text as HTML, with what is hidden in it made visible."""
    return Html(html.escape(visible(text)))


def render(content: Content) -> Html:
    """Everything that may stand inside an element."""
    if isinstance(content, Html):
        return content
    if content is None:
        return Html("")
    if isinstance(content, (str, int)):
        return escaped(content)
    return Html("".join(render(part) for part in content))


def el(tag: str, *content: Content, **attributes: str | int | bool | None) -> Html:
    """An element. Attributes: ``class_``, ``aria_label``; None and False leave one out, True needs no value."""
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{tag}{written}>" if tag in ("meta", "br") else f"<{tag}{written}/>")
    end = "" if tag in _OPEN else f"</{tag}>"
    return Html(f"<{tag}{written}>{render(content)}{end}")


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    spelt = name.rstrip("_").replace("_", "-")
    return f" {spelt}" if value is True else f' {spelt}="{escaped(value)}"'


def joined(parts: t.Iterable[Content], by: Html = BLANK) -> Html:
    """Contents in a row."""
    return Html(by.join(render(part) for part in parts))

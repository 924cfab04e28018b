# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the links of a built site lead somewhere: its own, and by their form those to other sites."""

from __future__ import annotations

import dataclasses
import html.parser
import pathlib
import typing as t
import urllib.parse

#: Where the project's own files are shown. A link to one of them is as good as the file.
_OURS = "/mailflow/ansible-exchange-online/"


@dataclasses.dataclass
class Page(html.parser.HTMLParser):
    """What a page holds: places that links can lead to, and links."""

    anchors: set[str] = dataclasses.field(default_factory=set)
    links: list[str] = dataclasses.field(default_factory=list)
    unspoken: list[str] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors.update(found[name] for name in ("id", "name") if name in found)
        self.links += [found[name] for name in ("href", "src") if name in found]
        if tag == "img" and not found.get("alt", "").strip():
            self.unspoken.append(found.get("src", ""))


def read(text: str) -> Page:
    """A page taken apart."""
    page = Page()
    page.feed(text)
    page.close()
    return page


def problems(site: pathlib.Path, checkout: pathlib.Path) -> list[str]:
    """What is wrong with links and pictures of the site, a sentence each."""
    pages = {path: read(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        where = path.relative_to(site)
        found += [f"{where}: the picture {source} has no text for those who do not see it" for source in page.unspoken]
        for link in sorted(set(page.links)):
            said = _problem(path, link, pages, checkout)
            if said:
                found.append(f"{where}: the link {link} {said}")
    return found


def _problem(path: pathlib.Path, link: str, pages: t.Mapping[pathlib.Path, Page], checkout: pathlib.Path) -> str:
    try:
        parts = urllib.parse.urlsplit(link)
        host = parts.hostname
    except ValueError:
        return "is none"
    if parts.scheme or parts.netloc:
        return _abroad(parts, host, checkout)
    target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
    if target in pages:
        anchor = urllib.parse.unquote(parts.fragment)
        return "" if not anchor or anchor in pages[target].anchors else "leads to no place in that page"
    return "" if target.is_file() else "leads to no page"


def _abroad(parts: urllib.parse.SplitResult, host: str | None, checkout: pathlib.Path) -> str:
    if parts.scheme in ("mailto", "data"):
        return ""
    if parts.scheme != "https" or not host or "." not in host or parts.username is not None:
        return "is not https://host/..."
    if host == "github.com" and parts.path.startswith(_OURS):
        kind, _slash, rest = parts.path.removeprefix(_OURS).partition("/")
        name = urllib.parse.unquote(rest.partition("/")[2])
        if kind in ("blob", "edit", "tree") and not (checkout / name).exists():
            return "leads to no file of this project"
    return ""

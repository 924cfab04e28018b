# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Names of files and of places in the page, from the names of partners. Pure."""

from __future__ import annotations

import collections
import hashlib
import re
import typing as t

_OTHER = re.compile(r"[^a-z0-9.]+")
_PLAIN = re.compile(r"[a-z0-9]+(?:[ .-][a-z0-9]+)*")
_LONGEST = 48
#: What Windows takes for a device, whatever follows behind a dot.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(10))}
)
#: What marked names end in, so that no other one does.
_MARK = re.compile(r"(?:.*-)?[0-9a-f]{8}")


def slugs(names: t.Sequence[str]) -> list[str]:
    """Return a name for each: readable, of letters, digits, dots and hyphens, and different for each.

    A digest is added where letters were lost, where two would come out the same, and where a name looks as if it had
    one already.
    """
    found = [_slug(name.casefold()) for name in names]
    count = collections.Counter(found)
    return [slug if count[slug] == 1 else _marked(slug, name) for slug, name in zip(found, names, strict=True)]


def _slug(name: str) -> str:
    slug = _OTHER.sub("-", name).strip("-.")
    if slug.partition(".")[0] in _DEVICES:
        return _marked(slug.replace(".", "-"), name)
    fits = len(slug) <= _LONGEST and not _MARK.fullmatch(slug)
    return slug if fits and _PLAIN.fullmatch(name) else _marked(slug, name)


def _marked(slug: str, name: str) -> str:
    mark = hashlib.sha256(name.casefold().encode("utf-8", "replace")).hexdigest()[:8]
    stem = slug[: _LONGEST - 9].strip("-.")
    return f"{stem}-{mark}" if stem else mark

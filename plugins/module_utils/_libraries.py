# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Which third-party libraries are installed, and one sentence about those that are not. Imports none of them."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import re
import sys
import typing as t

#: The module to look for where it is not named as its distribution is.
_MODULES = {"dnspython": "dns"}


def missing_libraries(minimum: t.Mapping[str, str], found: t.Callable[[str], str | None] | None = None) -> str | None:
    """Return one sentence about the libraries that are missing or older than ``minimum`` says, or None.

    ``found`` maps a library to its version, an empty text when that is not known, None when it is absent.
    """
    look = found or installed
    versions = {name: look(name) for name in minimum}
    wanting = {name: have for name, have in versions.items() if have is None or not at_least(have, minimum[name])}
    if not wanting:
        return None
    what = " and ".join(
        f"{name} {minimum[name]} or newer ({'not found' if version is None else 'found ' + version})"
        for name, version in wanting.items()
    )
    packages = " ".join(f"'{name}>={minimum[name]}'" for name in wanting)
    return (
        f"This module needs the Python {'library' if len(wanting) == 1 else 'libraries'} {what} where it runs, in"
        f" {sys.executable}: install with: {sys.executable} -m pip install {packages}"
    )


@functools.cache
def installed(name: str) -> str | None:
    """Return the version of an installed library without importing it; empty when it has no metadata."""
    try:
        if importlib.util.find_spec(_MODULES.get(name, name)) is None:
            return None
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
    except (ImportError, ValueError):  # an installation that is there in part only
        return None


def at_least(version: str, minimum: str) -> bool:
    """Compare dotted versions by their numbers. A version that is not known is taken to be new enough."""
    return not version or _numbers(version) >= _numbers(minimum)


def _numbers(version: str) -> tuple[int, ...]:
    leading = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(part) for part in leading.group().split(".")] if leading else [0]
    return tuple(numbers + [0] * (4 - len(numbers)))

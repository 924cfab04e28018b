# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Third-party Python libraries: what is needed, in which version, and one sentence when it is not there."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import sys
import types
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError

try:
    import requests
    import requests.adapters
    import requests.utils
    import urllib3
except ImportError:
    # require() says so in words before anything touches them.
    requests = None  # type: ignore[assignment]
    urllib3 = None  # type: ignore[assignment]

__all__ = ["at_least", "installed", "load_msal", "missing", "needed", "requests", "require", "urllib3"]

#: The oldest releases with everything that is used. The doc fragment _deps and meta/ee-requirements.txt say the same.
MINIMUM = {"msal": "1.31", "requests": "2.31"}


def needed(options: t.Mapping[str, object]) -> tuple[str, ...]:
    """Return the libraries that a run with these options uses. A ready access token needs no sign-in library."""
    method = options.get("auth_method") or "auto"
    if method == "access_token" or (method == "auto" and options.get("access_token")):
        return ("requests",)
    return ("msal", "requests")


def missing(options: t.Mapping[str, object], found: t.Callable[[str], str | None] | None = None) -> str | None:
    """Return one sentence about the libraries that are missing or too old for these options, or None.

    ``found`` maps a library to its version, an empty text when that is not known, None when it is absent.
    """
    look = found or installed
    wanting = [(name, look(name)) for name in needed(options)]
    wanting = [(name, version) for name, version in wanting if version is None or not _new_enough(name, version)]
    if not wanting:
        return None
    what = " and ".join(
        f"{name} {MINIMUM[name]} or newer ({'not found' if version is None else 'found ' + version})"
        for name, version in wanting
    )
    packages = " ".join(f"'{name}>={MINIMUM[name]}'" for name, _version in wanting)
    return (
        f"This module needs the Python {'library' if len(wanting) == 1 else 'libraries'} {what} where it runs, in"
        f" {sys.executable}: install with: {sys.executable} -m pip install {packages}"
    )


def require(options: t.Mapping[str, object]) -> None:
    """Raise ExchangeError of kind ``dependency`` when a library is missing."""
    sentence = missing(options)
    if sentence is not None:
        raise ExchangeError("dependency", sentence)


def installed(name: str) -> str | None:
    """Return the version of an installed library without importing it; empty when it has no metadata."""
    try:
        if importlib.util.find_spec(name) is None:
            return None
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
    except (ImportError, ValueError):  # an installation that is there in part only
        return None


def at_least(version: str, minimum: str) -> bool:
    """Compare dotted versions by their numbers. A version that is not known is taken to be new enough."""
    return not version or _numbers(version) >= _numbers(minimum)


def load_msal() -> types.ModuleType:
    """Import msal. It takes 0.15 s, so this is done only where a token is fetched through it."""
    try:
        import msal  # noqa: PLC0415
        import msal.exceptions  # noqa: PLC0415 - not an attribute of msal in every release
    except ImportError as problem:
        raise ExchangeError(
            "dependency", missing({}) or f"The Python library msal cannot be loaded: {problem}."
        ) from None
    return msal


def _new_enough(name: str, version: str) -> bool:
    return at_least(version, MINIMUM[name])


def _numbers(version: str) -> tuple[int, ...]:
    leading = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(part) for part in leading.group().split(".")] if leading else [0]
    return tuple(numbers + [0] * (4 - len(numbers)))

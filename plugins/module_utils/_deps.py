# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The libraries of the modules that talk to Exchange: which are needed, in which version, and how they are loaded."""

from __future__ import annotations

import types
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._libraries import missing_libraries

try:
    import requests
    import requests.adapters
    import requests.utils
    import urllib3
except ImportError:
    # require() says so in words before anything touches them.
    requests = None  # type: ignore[assignment]
    urllib3 = None  # type: ignore[assignment]

__all__ = ["load_msal", "missing", "needed", "requests", "require", "urllib3"]

#: The oldest releases with everything that is used. The doc fragment _deps and meta/ee-requirements.txt say the same.
MINIMUM = {"msal": "1.33", "requests": "2.31"}


def needed(options: t.Mapping[str, object]) -> tuple[str, ...]:
    """Return the libraries that a run with these options uses. A ready access token needs no sign-in library."""
    method = options.get("auth_method") or "auto"
    if method == "access_token" or (method == "auto" and options.get("access_token")):
        return ("requests",)
    return ("msal", "requests")


def missing(options: t.Mapping[str, object], found: t.Callable[[str], str | None] | None = None) -> str | None:
    """Return one sentence about the libraries that are missing or too old for these options, or None."""
    return missing_libraries({name: MINIMUM[name] for name in needed(options)}, found)


def require(options: t.Mapping[str, object]) -> None:
    """Raise ExchangeError of kind ``dependency`` when a library is missing."""
    sentence = missing(options)
    if sentence is not None:
        raise ExchangeError("dependency", sentence)


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

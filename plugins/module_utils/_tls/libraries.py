# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The libraries of the probe. Where one is missing, require() says so before anything touches it."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._libraries import missing_libraries

try:
    import dns.exception
    import dns.name
    import dns.rcode
    import dns.rdata
except ImportError:
    dns = None  # type: ignore[assignment]

try:
    from cryptography import exceptions as crypto_exceptions
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
except ImportError:
    crypto_exceptions = x509 = hashes = serialization = None  # type: ignore[assignment]
    dsa = ec = ed448 = ed25519 = padding = rsa = None  # type: ignore[assignment]

__all__ = [
    "crypto_exceptions",
    "dns",
    "dsa",
    "ec",
    "ed448",
    "ed25519",
    "hashes",
    "padding",
    "require",
    "rsa",
    "serialization",
    "x509",
]

#: The oldest releases with everything that is used. The doc fragment _deps and meta/ee-requirements.txt say the same.
#: cryptography 42 has the validity dates with a zone; dnspython 2.4 the asynchronous queries as they are called here.
MINIMUM = {"cryptography": "42", "dnspython": "2.4"}


def require() -> None:
    """Raise ExchangeError of kind ``dependency`` when a library is missing or too old."""
    sentence = missing_libraries(MINIMUM)
    if sentence is not None:
        raise ExchangeError("dependency", sentence)

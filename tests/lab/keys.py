# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RSA keys, made once a process: a key takes a tenth of a second, and labs come by the hundred in a test run."""

from __future__ import annotations

import functools

from cryptography.hazmat.primitives.asymmetric import rsa

APP_KEYS = 3


@functools.cache
def _key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signing_key() -> rsa.RSAPrivateKey:
    """The key that signs access tokens."""
    return _key("tokens")


def issuer_key() -> rsa.RSAPrivateKey:
    """The key of the outside identity provider whose tokens are federated."""
    return _key("issuer")


def app_key(number: int) -> rsa.RSAPrivateKey:
    """The key of the n-th app of a lab. Neighbours differ, so that a mix-up of credentials is noticed."""
    return _key(f"app{number % APP_KEYS}")


def stranger_key() -> rsa.RSAPrivateKey:
    """A key that no app of any lab has registered."""
    return _key("stranger")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which texts are a domain, a smart host, an address range: one check per kind of item.

A check returns nothing, or the reason why the service would not take the value. What is refused is documented;
no public source shows the texts, so they are this lab's own.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
# One trailing dot is let through: whether the service keeps, drops or refuses it is a switch of its own.
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}\.?", re.UNICODE)
_LOCAL = re.compile(r"[^\s<>@,;:\\\"()\[\]]{1,64}")
_DECORATED = re.compile(r"(?:smtp:)?(?P<domain>[^;:]+)(?:;(?P<cost>\d{1,3}))?", re.IGNORECASE)

Check = t.Callable[[str], "str | None"]


def is_domain(text: str) -> bool:
    """Whether the text is a domain name of two labels or more, in A- or U-form."""
    if len(text) > 255 or _DOMAIN.fullmatch(text) is None:
        return False
    return not text.rstrip(".").rpartition(".")[2].isdigit()


def domain_pattern(text: str) -> str | None:
    """A domain, or one with ``*.`` as its whole first label."""
    if is_domain(text.removeprefix("*.")):
        return None
    return f"'{text}' isn't a valid SMTP domain. A wildcard is allowed as the whole first label only."


def recipient_domain(text: str) -> str | None:
    """As domain_pattern, or ``*`` for every domain."""
    return None if text == "*" else domain_pattern(text)


def undecorated(text: str) -> tuple[str, str] | None:
    """Domain and cost of ``contoso.com`` or ``smtp:contoso.com;1``; None when it is neither."""
    match = _DECORATED.fullmatch(text.strip())
    return (match["domain"], match["cost"] or "1") if match else None


def sender_domain(text: str) -> str | None:
    """As recipient_domain, with or without the address space decoration."""
    parts = undecorated(text)
    return recipient_domain(parts[0]) if parts else f"'{text}' isn't a valid address space."


def smart_host(text: str) -> str | None:
    """A host name, an IPv4 address (bracketed or not), or a CIDR range; a port can never be given."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if is_domain(bare):
        return None
    try:
        ipaddress.IPv4Network(bare, strict=False)
    except ValueError:
        return f"'{text}' isn't a valid smart host. Use a fully qualified domain name or an IP address without a port."
    return None


def ipv4_range(text: str) -> str | None:
    """An IPv4 address, or a range of /24 to /32."""
    try:
        network = ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        return f"'{text}' isn't a valid IPv4 address or CIDR range. IPv6 isn't supported."
    if network.prefixlen < 24:
        return f"'{text}' is too wide. The prefix length must be between 24 and 32."
    return None


def certificate(text: str) -> str | None:
    """A certificate name: a domain pattern, or the long form with issuer and subject."""
    return None if text.lower().startswith("<i>") else domain_pattern(text)


def smtp_address(text: str) -> str | None:
    """A mail address whose domain is one."""
    local, separator, domain = text.rpartition("@")
    if separator and _LOCAL.fullmatch(local) and is_domain(domain):
        return None
    return f"'{text}' isn't a valid SMTP address."


CHECKS: dict[str, Check] = {
    "domain_pattern": domain_pattern,
    "recipient_domain": recipient_domain,
    "sender_domain": sender_domain,
    "smart_host": smart_host,
    "ipv4_range": ipv4_range,
    "certificate": certificate,
    "smtp_address": smtp_address,
}

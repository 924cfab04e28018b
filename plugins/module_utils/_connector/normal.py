# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Names, addresses and texts in the one form in which they are compared and sent.

The functions are strict: they take what people write and raise :class:`ValueError` with half a
sentence ("is an IP address, not a domain") for what Exchange cannot take. The caller puts the entry
and the option in front of it.
"""

from __future__ import annotations

import functools
import ipaddress
import re
import typing as t

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PORT = re.compile(r"^(\[[^\]]*\]|[^:\[\]]+):\d+$")
_STORED_SENDER_DOMAIN = re.compile(r"^(?:[a-z]+:)?(?P<domain>[^;]*)(?:;\d+)?$", re.IGNORECASE)

#: Characters of a whole domain (RFC 1035 2.3.4).
_LONGEST = 253
#: Exchange takes IPv4 networks of this size or smaller as sender addresses
#: (Microsoft: New-InboundConnector, -SenderIPAddresses).
WIDEST_SENDER_NETWORK = 24


#: A partner's domain comes four times: wished and read, outbound and inbound.
_remembered = functools.lru_cache(maxsize=8192)


@_remembered
def domain(text: str) -> str:
    """Return a domain as lower-case A-labels without a trailing dot (RFC 1035 2.3.1, RFC 5890).

    The limits are those of DNS: 63 octets a label, 253 a name. A single label is refused: a whole
    top-level domain is no mail domain of anybody.
    """
    name = _to_ascii(text.strip().removesuffix("."))
    if not name:
        raise ValueError("is empty")
    if _is_address(name):
        raise ValueError("is an IP address, not a domain")
    labels = name.split(".")
    if len(name) > _LONGEST:
        raise ValueError(f"has {len(name)} characters; a domain has at most {_LONGEST}")
    for label in labels:
        _check_label(label)
    if len(labels) < 2:
        raise ValueError("is a single label; give the whole domain, for example contoso.com")
    if labels[-1].isdigit():
        raise ValueError("ends in a number, so it is not a domain")
    return name


@_remembered
def mail_domain(text: str) -> str:
    """Return a domain, a domain with all its subdomains (``*.contoso.com``), or ``*``.

    The wildcard stands only for whole labels at the front
    (Microsoft: New-OutboundConnector, -RecipientDomains).
    """
    name = text.strip()
    if name == "*":
        return name
    below = name.removeprefix("*.")
    if "*" in below:
        raise ValueError(
            "has a * inside; a wildcard is only possible as the whole first label, for example *.contoso.com"
        )
    return "*." + domain(below) if below != name else domain(name)


@_remembered
def sender_domain(text: str) -> str:
    """Return a mail domain, also from the stored form ``smtp:contoso.com;1``."""
    match = _STORED_SENDER_DOMAIN.match(text.strip())
    return mail_domain(match["domain"] if match else text)


def certificate_name(text: str) -> str:
    """Return the name a certificate must carry, a leading ``*.`` allowed; the empty text stands for none."""
    name = text.strip()
    if not name:
        return ""
    if name == "*":
        raise ValueError(
            "matches every certificate; give the name in the partner's certificate, for example mail.contoso.com"
        )
    return mail_domain(name)


def smart_host(text: str) -> str:
    """Return a smart host: a name, an address or a network, never with a port.

    Exchange always uses port 25 (MicrosoftDocs/office-docs-powershell issue 5599).
    """
    name = text.strip()
    if not _is_address(name) and _PORT.match(name):
        raise ValueError("carries a port; Exchange Online always connects to port 25, so give the host alone")
    name = _without_brackets(name)
    try:
        return _short(ipaddress.ip_network(name, strict=False))
    except ValueError:
        return domain(name)


def sender_network(text: str) -> str:
    """Return an IPv4 address or a network of /24 to /32, host bits cleared, ``/32`` left out."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise ValueError("is neither an IPv4 address nor a network such as 192.0.2.0/24") from None
    if network.version != 4:
        raise ValueError("is an IPv6 address; Exchange Online takes IPv4 addresses only, from /24 to /32")
    if network.prefixlen < WIDEST_SENDER_NETWORK:
        raise ValueError(
            f"is a /{network.prefixlen} network; Exchange Online takes /24 to /32, so split it into /24 networks"
        )
    return _short(network)


def mail_address(text: str) -> str:
    """Return a mail address with its domain as A-labels; compared without case."""
    local, at, host = text.strip().rpartition("@")
    if not at or not local or not host or "@" in local or any(c.isspace() for c in local):
        raise ValueError("is not a mail address")
    return f"{local.lower()}@{domain(host)}"


def covered(host: str, domains: t.Iterable[str]) -> bool:
    """Whether mail to this domain can be meant by one of these mail domains, all in their normal form.

    Whether ``*.contoso.com`` covers contoso.com itself is documented both ways (Microsoft: New-OutboundConnector,
    -RecipientDomains and its first example), so here it does: Exchange is left to decide.
    """
    return any(
        domain in ("*", host) or (domain.startswith("*.") and (host == domain[2:] or host.endswith(domain[1:])))
        for domain in domains
    )


def plain(text: str) -> str:
    """Return a text without blanks at its ends; a mail address or domain in it is compared without case."""
    return text.strip().lower()


def comment(text: str) -> str:
    """Return a text with line feeds as line ends: Exchange keeps line breaks, and CRLF equals LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip()


def unique(values: t.Sequence[str]) -> tuple[str, ...]:
    """Return a list as a set in a fixed order: Exchange gives no meaning to order or repetition."""
    return tuple(sorted(set(values))) if len(values) > 1 else tuple(values)


def _to_ascii(name: str) -> str:
    if name.isascii():
        return name.lower()
    if len(name) > _LONGEST:  # in A-labels it is longer still, and to work them out takes long
        raise ValueError(f"has {len(name)} characters; a domain has at most {_LONGEST}")
    try:
        import idna  # noqa: PLC0415 - comes with requests, and is needed for international names only
    except ImportError:
        raise ValueError("is an international name; install the Python library idna, or write it as xn--…") from None
    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
    except idna.IDNAError as problem:
        raise ValueError(f"is not a valid international domain ({problem})") from None


def _check_label(label: str) -> None:
    if not label:
        raise ValueError("has an empty label (two dots in a row, or one at the start)")
    if len(label) > 63:
        raise ValueError(f"has a label of {len(label)} characters; DNS allows 63")
    if not _LABEL.fullmatch(label):
        raise ValueError(f"has the label '{label}'; only letters, digits and inner hyphens are allowed")


def _is_address(name: str) -> bool:
    # Most names are none, and to learn it from the library is what normalising them would mostly cost.
    if not (name[-1:].isdigit() or ":" in name or name.startswith("[")):
        return False
    try:
        ipaddress.ip_address(_without_brackets(name))
    except ValueError:
        return False
    return True


def _without_brackets(name: str) -> str:
    return name[1:-1] if name.startswith("[") and name.endswith("]") else name


def _short(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Names, identifiers, addresses and secrets -> pseudonyms, the same one for the same value. Pure.

What is not known to be harmless is replaced. Our own connectors have names and domains that belong to nobody, and are
left as they are, because their forms are what the questions are about.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import RESERVED, is_own

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@<>\"',;:|()]+@([\w-]+(?:\.[\w-]+)+)")
_ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)")
_ADDRESS_V6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{0,4})+(?![\w:])", re.IGNORECASE)
_PATH = re.compile(r"(?:CN|OU|DC)=(?:\\.|[^,'\"|\\])+(?:,\s?(?:CN|OU|DC)=(?:\\.|[^,'\"|\\])+)+", re.IGNORECASE)
_SERVER = re.compile(r"\b[A-Z0-9]{4,}(?:DC|MB|CA|FE)[0-9]{2,}\b")
_URL = re.compile(r"https?://[^\s\"'<>|]+", re.IGNORECASE)
_DOMAIN = re.compile(r"(?<![\w.@-])(?:\*\.)?[\w-]+(?:\.[\w-]+)*\.[^\W\d_][\w-]*\.?(?![\w@-])")
_TOKEN = re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]+){0,2}")
_SENDER = re.compile(r"smtp:(?P<domain>[^;]+);(?P<cost>\d+)", re.IGNORECASE)
#: Names of .NET types have dots as well.
_TYPE = re.compile(r"(?:System|Microsoft\.(?:Exchange|OData))(?:\.[A-Z]\w*)+(?:`\d+)?")
_NOBODY = (ipaddress.ip_network("192.0.2.0/24"), ipaddress.ip_network("2001:db8::/32"))
_NO_GUID = "00000000-0000-0000-0000-000000000000"
#: Shorter names, and words of the service, are left in free text: they tell nobody apart.
_SHORTEST = 4
_WORDS = frozenset({"outbound", "inbound", "connector", "partner", "default", "onpremises", "test", "mail"})


def is_reserved(domain: str) -> bool:
    """Whether a domain, in whatever form, is one for examples."""
    plain = domain.lower().rstrip(".").removeprefix("*.")
    return plain == RESERVED or plain.endswith((f".{RESERVED}", ".example", ".invalid"))


class Pseudonyms:
    """The table of one recording. ``real`` are the identifiers among the values that were replaced."""

    def __init__(self) -> None:
        self._table: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self._literals: dict[str, str] = {}
        self._sentences: dict[str, str] = {}
        self._in_sentence = False
        self.real: set[str] = set()

    def _named(self, kind: str, value: str, form: str) -> str:
        key = (kind, value.lower())
        if key not in self._table:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._table[key] = form.format(self._counts[kind])
        if kind not in ("text", "person") and not self._in_sentence:
            self.real.add(value)
        return self._table[key]

    def know(self, literal: str) -> None:
        """Have a name that is not ours replaced wherever it stands in free text. Domains are found there anyhow."""
        plain = literal.strip()
        if len(plain) < _SHORTEST or plain.lower() in _WORDS or is_own(plain) or _DOMAIN.fullmatch(plain):
            return
        self._literals[plain] = self.text_of(plain)

    def guid(self, value: str) -> str:
        if value.lower() == _NO_GUID:
            return value
        return self._named("guid", value, "00000000-0000-4000-8000-{:012d}")

    def domain(self, value: str) -> str:
        if is_reserved(value) or _TYPE.fullmatch(value):
            return value
        star, dot = "*." if value.startswith("*.") else "", "." if value.endswith(".") else ""
        return f"{star}{self._named('domain', value.removeprefix('*.').rstrip('.'), 'domain-{}.example')}{dot}"

    def mail(self, value: str) -> str:
        local, _at, domain = value.rpartition("@")
        if not self._in_sentence:
            self.real.add(value)
        return f"{self._named('person', local, 'person-{}')}@{self.domain(domain)}"

    def address(self, value: str) -> str:
        """An address or network, with its brackets and the length of its prefix."""
        bare = value.strip("[]")
        host = bare.partition("/")[0]
        try:
            found = ipaddress.ip_address(host)
        except ValueError:
            return value
        if any(found.version == one.version and found in one for one in _NOBODY):
            return value
        if found.version == 6:
            other = self._named("address6", host, "2001:db8::{:x}")
        else:
            other = self._named("address", host, "{}")
            other = f"198.51.{100 + int(other) // 256}.{int(other) % 256}"
        return value.replace(host, other)

    def text_of(self, value: str) -> str:
        return self._named("text", value, "text-{}")

    def value(self, text: str) -> str:
        """The value of a member: as a whole."""
        if text in ("", "*") or is_own(text):
            return text
        sender = _SENDER.fullmatch(text)
        if sender is not None:
            domain = sender["domain"]
            return text.replace(domain, domain if domain == "*" else self.domain(domain))
        if _GUID.fullmatch(text):
            return self.guid(text)
        if self.address(text) != text or _is_address(text):
            return self.address(text)
        if _MAIL.fullmatch(text):
            return self.mail(text)
        if _PATH.fullmatch(text):
            return self._named("path", text, "CN=path-{},DC=example")
        return self.domain(text) if _DOMAIN.fullmatch(text) else self.text_of(text)

    def free(self, text: str) -> str:
        """A sentence: whatever stands in it that looks like a name.

        A word with a dot in it may be a word of the service; what is an identifier is known by being a value somewhere.
        """
        if text not in self._sentences:
            self._in_sentence = True
            self._sentences[text] = self._without_patterns(self._without_names(text))
            self._in_sentence = False
        return self._sentences[text]

    def _without_names(self, text: str) -> str:
        lowered = text.lower()
        found = [literal for literal in self._literals if literal.lower() in lowered]
        for literal in sorted(found, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(literal)}(?!\w)", self._literals[literal], text, flags=re.IGNORECASE)
        return text

    def _without_patterns(self, text: str) -> str:
        for pattern, change in (
            (_TOKEN, lambda one: self._named("token", one, "token-{}")),
            (_URL, lambda one: self._named("address_of", one, "https://url-{}.example/")),
            (_PATH, self._path),
            (_MAIL, self.mail),
            (_GUID, self.guid),
            (_ADDRESS, self.address),
            (_ADDRESS_V6, self.address),
            (_SERVER, lambda one: self._named("server", one, "server-{}")),
            (_DOMAIN, self.domain),
        ):
            text = pattern.sub(lambda found, change=change: change(found[0]), text)  # type: ignore[misc]
        return text

    def _path(self, text: str) -> str:
        return self._named("path", text, "CN=path-{},DC=example")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_interface(text.strip("[]"))
    except ValueError:
        return False
    return True


def leaks(text: str, identifiers: t.Iterable[str]) -> list[str]:
    """Return the identifiers that still stand in a text."""
    lowered = text.lower()
    return [one for one in identifiers if len(one) > _SHORTEST and one.lower() in lowered]

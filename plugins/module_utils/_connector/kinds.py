# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The kinds of values a connector's settings have: how each is read, checked and sent."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import normal
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Value
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import shown


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of value.

    ``argument`` is its part of an Ansible argument spec; ``unset`` the normal form of "nothing configured";
    ``parse`` takes what a user wrote (raises ValueError with half a sentence); ``read`` takes what the service
    returned (raises TypeError when it is of another type: such a record cannot be trusted); ``wire`` gives what is
    sent.
    """

    argument: t.Mapping[str, t.Any]
    unset: Value
    parse: t.Callable[[t.Any], Value]
    read: t.Callable[[t.Any], Value]
    wire: t.Callable[[Value], t.Any]


def _read_bool(stored: object) -> bool:
    if not isinstance(stored, bool):
        raise TypeError("is not true or false")
    return stored


def _text_reader(normalise: t.Callable[[str], str]) -> t.Callable[[object], Value]:
    def read(stored: object) -> Value:
        # Exchange returns null for an unset name and '' for an unset comment: both mean nothing configured.
        if stored is None:
            return ""
        if not isinstance(stored, str):
            raise TypeError("is not a text")
        return _leniently(normalise, stored)

    return read


def _list_reader(normalise: t.Callable[[str], str]) -> t.Callable[[object], Value]:
    def read(stored: object) -> Value:
        if stored is None or stored == []:
            return ()
        if not isinstance(stored, list) or not all(isinstance(item, str) for item in stored):
            raise TypeError("is not a list of texts")
        return normal.unique([_leniently(normalise, item) for item in stored])

    return read


def _leniently(normalise: t.Callable[[str], str], stored: str) -> str:
    """What stands in the tenant stands there, even where this collection would not write it."""
    try:
        return normalise(stored)
    except ValueError:
        return stored.strip()


def _one_by_one(normalise: t.Callable[[str], str]) -> t.Callable[[t.Any], Value]:
    def parse(given: t.Any) -> Value:
        values, problems = [], []
        for item in given:
            try:
                values.append(normalise(item))
            except ValueError as problem:
                problems.append(f"'{shown(item)}' {problem}")
        if problems:
            raise ValueError("; ".join(problems))
        return normal.unique(values)

    return parse


def _single(normalise: t.Callable[[str], str]) -> t.Callable[[t.Any], Value]:
    def parse(given: t.Any) -> Value:
        try:
            return normalise(given)
        except ValueError as problem:
            raise ValueError(f"'{shown(given)}' {problem}") from None

    return parse


def text(normalise: t.Callable[[str], str], *, unset_is_null: bool) -> Kind:
    """A single text; ``unset_is_null`` tells whether it is cleared by null or by an empty text."""
    return Kind(
        argument={"type": "str"},
        unset="",
        parse=_single(normalise),
        read=_text_reader(normalise),
        wire=lambda value: None if unset_is_null and value == "" else value,
    )


def texts(normalise: t.Callable[[str], str]) -> Kind:
    """A list without order or repetition; a list that is sent replaces the stored one."""
    return Kind(
        argument={"type": "list", "elements": "str"},
        unset=(),
        parse=_one_by_one(normalise),
        read=_list_reader(normalise),
        wire=lambda value: list(t.cast("tuple[str, ...]", value)),
    )


def choice(names: t.Mapping[str, str | None], unset: str) -> Kind:
    """An enumeration: our word -> Exchange's name.

    Exchange accepts shortened names and binds them to whatever they are a prefix of, so the words are checked here.
    A name that is not in the table is kept as it came.
    """
    words = {name: word for word, name in names.items()}

    def read(stored: object) -> Value:
        if stored is not None and not isinstance(stored, str):
            raise TypeError("is not a text")
        if not stored:
            return words.get(None, unset)
        return words.get(stored, stored)

    return Kind(
        argument={"type": "str", "choices": list(names)},
        unset=unset,
        parse=lambda given: t.cast(str, given),
        read=read,
        wire=lambda value: names[t.cast(str, value)],
    )


FLAG = Kind(argument={"type": "bool"}, unset=False, parse=bool, read=_read_bool, wire=lambda value: value)
COMMENT = text(normal.comment, unset_is_null=False)
CERTIFICATE_NAME = text(normal.certificate_name, unset_is_null=True)
RECIPIENT_DOMAINS = texts(normal.mail_domain)
SENDER_DOMAINS = texts(normal.sender_domain)
ACCEPTED_DOMAINS = texts(normal.domain)
SMART_HOSTS = texts(normal.smart_host)
SENDER_NETWORKS = texts(normal.sender_network)
MAIL_ADDRESSES = texts(normal.mail_address)
PLAIN_TEXTS = texts(normal.plain)

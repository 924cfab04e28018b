# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names, addresses and texts in their one form."""

from __future__ import annotations

import re

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import normal

LABEL_63 = "a" * 63
NAME_253 = ".".join([LABEL_63] * 3 + ["b" * 61])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("contoso.com", "contoso.com"),
        ("Contoso.COM", "contoso.com"),
        ("  contoso.com\n", "contoso.com"),
        ("contoso.com.", "contoso.com"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("MÜNCHEN.Example.", "xn--mnchen-3ya.example"),
        ("mu\u0308nchen.example", "xn--mnchen-3ya.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        (f"{LABEL_63}.com", f"{LABEL_63}.com"),
        (NAME_253, NAME_253),
        ("1and1.com", "1and1.com"),
        ("a-b.c--d.example", "a-b.c--d.example"),
    ],
)
def test_domain(given: str, expected: str) -> None:
    assert normal.domain(given) == expected
    assert normal.domain(expected) == expected


BAD_DOMAINS = [
    ("", "is empty"),
    (" ", "is empty"),
    (".", "is empty"),
    ("a b", "'a b'"),
    ("a b.com", "'a b'"),
    ("x..y", "empty label"),
    (".contoso.com", "empty label"),
    ("contoso.com..", "empty label"),
    ("192.0.2.1", "is an IP address"),
    ("[192.0.2.1]", "is an IP address"),
    ("2001:db8::1", "is an IP address"),
    ("1.2.3", "ends in a number"),
    ("contoso.com:25", "'com:25'"),
    ("user@contoso.com", "'user@contoso'"),
    ("https://contoso.com", "'https://contoso'"),
    ("smtp:contoso.com;1", "'smtp:contoso'"),
    ("a_b.contoso.com", "'a_b'"),
    ("-a.com", "'-a'"),
    ("a-.com", "'a-'"),
    ("a" * 64 + ".com", "64 characters; DNS allows 63"),
    (NAME_253 + "b", "254 characters"),
    ("ü" * 64 + ".com", "not a valid international domain"),
    ("ü..com", "not a valid international domain"),
    ("mün chen.example", "not a valid international domain"),
]


@pytest.mark.parametrize(("given", "problem"), [*BAD_DOMAINS, ("com", "single label"), ("localhost", "single label")])
def test_a_bad_domain_is_refused_with_its_reason(given: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        normal.domain(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("*", "*"),
        (" * ", "*"),
        ("*.Contoso.com.", "*.contoso.com"),
        ("*.münchen.example", "*.xn--mnchen-3ya.example"),
        ("contoso.com", "contoso.com"),
    ],
)
def test_mail_domain(given: str, expected: str) -> None:
    assert normal.mail_domain(given) == expected


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        *BAD_DOMAINS,
        ("*.*.x", "has a * inside"),
        ("*.*.x.com", "has a * inside"),
        ("*.com", "single label"),
        ("com", "single label"),
        ("*.", "is empty"),
        ("**", "has a * inside"),
        ("*contoso.com", "has a * inside"),
        ("mail.*.contoso.com", "has a * inside"),
        ("*.192.0.2.1", "is an IP address"),
    ],
)
def test_a_bad_mail_domain_is_refused(given: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        normal.mail_domain(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("contoso.com", "contoso.com"),
        ("smtp:contoso.com;1", "contoso.com"),
        ("smtp:contoso.com;5", "contoso.com"),
        ("SMTP:Contoso.com;10", "contoso.com"),
        ("smtp:contoso.com", "contoso.com"),
        ("contoso.com;1", "contoso.com"),
        ("smtp:*;1", "*"),
        ("smtp:*.contoso.com;1", "*.contoso.com"),
        ("smtp:MÜNCHEN.example;1", "xn--mnchen-3ya.example"),
    ],
)
def test_sender_domain_in_written_and_stored_form(given: str, expected: str) -> None:
    assert normal.sender_domain(given) == expected


@pytest.mark.parametrize(
    "given", ["smtp:;1", "smtp:a b;1", "smtp:*.*.x;1", "contoso.com;one", "smtp:com;1", "x400:a.b;1"]
)
def test_a_bad_sender_domain_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        normal.sender_domain(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ""),
        ("  ", ""),
        ("Mail.Contoso.com", "mail.contoso.com"),
        ("*.Contoso.com", "*.contoso.com"),
        ("mail.contoso.com.", "mail.contoso.com"),
    ],
)
def test_certificate_name(given: str, expected: str) -> None:
    assert normal.certificate_name(given) == expected


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("*", "matches every certificate"),
        ("*.com", "single label"),
        ("192.0.2.1", "IP address"),
        ("CN=x.com", "'cn=x'"),
    ],
)
def test_a_bad_certificate_name_is_refused(given: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        normal.certificate_name(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Mail.Contoso.com.", "mail.contoso.com"),
        ("192.0.2.1", "192.0.2.1"),
        ("[192.0.2.1]", "192.0.2.1"),
        ("192.0.2.1/32", "192.0.2.1"),
        ("192.0.2.130/25", "192.0.2.128/25"),
        ("münchen.example", "xn--mnchen-3ya.example"),
    ],
)
def test_smart_host(given: str, expected: str) -> None:
    assert normal.smart_host(given) == expected


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("h:25", "carries a port"),
        ("mail.contoso.com:587", "carries a port"),
        ("[1.2.3.4]:25", "carries a port"),
        ("1.2.3.4:25", "carries a port"),
        ("[2001:db8::1]:25", "carries a port"),
        ("mail.contoso.com:smtp", "'com:smtp'"),
        ("[1.2.3.4", "'[1'"),
        ("mail.contoso.com]", "'com]'"),
        ("mail", "single label"),
        ("*.contoso.com", "'*'"),
        ("1.2.3.4/33", "'4/33'"),
        ("1.2.3.256", "ends in a number"),
        ("", "is empty"),
        ("a b", "'a b'"),
    ],
)
def test_a_bad_smart_host_is_refused(given: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        normal.smart_host(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("192.0.2.1/32", "192.0.2.1"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.168.0.1/25", "192.168.0.0/25"),
        ("192.0.2.3/31", "192.0.2.2/31"),
    ],
)
def test_sender_network(given: str, expected: str) -> None:
    assert normal.sender_network(given) == expected


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("2001:db8::1", "IPv6"),
        ("2001:db8::/64", "IPv6"),
        ("192.0.2.0/23", "/23"),
        ("0.0.0.0/0", "/0"),
        ("192.0.2.0/33", "neither"),
        ("192.0.2.1-192.0.2.9", "neither"),
        ("192.0.2.256", "neither"),
        ("192.0.2", "neither"),
        ("mail.contoso.com", "neither"),
        ("", "neither"),
    ],
)
def test_a_bad_sender_network_is_refused(given: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        normal.sender_network(given)


def test_mail_address() -> None:
    assert normal.mail_address(" Postmaster@Contoso.COM ") == "postmaster@contoso.com"
    assert normal.mail_address("a+b@münchen.example") == "a+b@xn--mnchen-3ya.example"


@pytest.mark.parametrize("given", ["postmaster", "@contoso.com", "a b@contoso.com", "a@b@contoso.com", "a@", "a@com"])
def test_a_bad_mail_address_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        normal.mail_address(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ""),
        ("  \n", ""),
        ("one\r\ntwo", "one\ntwo"),
        ("one\rtwo", "one\ntwo"),
        ("one\n\ntwo\n", "one\n\ntwo"),
        ("  Inner  Case ", "  Inner  Case"),
    ],
)
def test_comment(given: str, expected: str) -> None:
    assert normal.comment(given) == expected


def test_lists_have_neither_order_nor_repetition() -> None:
    assert normal.unique(["b", "a", "b"]) == normal.unique(["a", "b"]) == ("a", "b")
    assert normal.unique([]) == ()

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input to the probe is told in one go, before anything is sent; good input becomes targets and settings."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Settings, Target
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.options import (
    LIMITS,
    partner_options,
    probe_options,
    read_options,
)

Given = dict[str, t.Any]


def given(*partners: Given, **options: t.Any) -> Given:
    """Options as AnsibleModule hands them over: what is left out has its default, or is None."""
    defaults = {name: option.get("default") for name, option in probe_options().items()}
    of_partner = {name: option.get("default") for name, option in partner_options().items()}
    return {**defaults, "partners": [{**of_partner, **partner} for partner in partners], **options}


def problems(*partners: Given, **options: t.Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_options(given(*partners, **options))
    return caught.value.problems


def test_what_is_left_out_is_as_documented() -> None:
    assert read_options(given({"domain": "contoso.com"})) == ((Target("contoso.com"),), Settings())


def test_values_come_in_their_normal_form() -> None:
    (target,), settings = read_options(
        given(
            {
                "domain": " Bücher.Example. ",
                "smart_hosts": ["Gateway.Example.COM", "192.0.2.1", "192.0.2.128/28", "[2001:db8::1]"],
                "level": "domain_validation",
                "certificate_name": "*.Bücher.example",
                "smtp_dane_mode": "mandatory",
                "mta_sts_mode": "none",
            },
            resolvers=["192.0.2.53", "127.0.0.1:5353", "2001:db8::53", "[::1]:5354"],
            helo_name="Probe.Example.net",
            trust_ad=True,
        )
    )
    assert target == Target(
        "xn--bcher-kva.example",
        ("gateway.example.com", "192.0.2.1", "192.0.2.128/28", "2001:db8::1"),
        "domain_validation",
        "*.xn--bcher-kva.example",
        "mandatory",
        "none",
    )
    assert settings.resolvers == (("192.0.2.53", 53), ("127.0.0.1", 5353), ("2001:db8::53", 53), ("::1", 5354))
    assert settings.helo_name == "probe.example.net"
    assert settings.trust_ad is True


@pytest.mark.parametrize("literal", ["[192.0.2.1]", "[IPv6:2001:db8::1]"])
def test_an_address_literal_is_a_helo_name(literal: str) -> None:
    _targets, settings = read_options(given({"domain": "contoso.com"}, helo_name=literal))
    assert settings.helo_name == literal


@pytest.mark.parametrize(
    ("partner", "said"),
    [
        ({"domain": "contoso"}, "partners: entry 2: domain: 'contoso' is a single label; give the whole domain"),
        ({"domain": "192.0.2.1"}, "partners: entry 2: domain: '192.0.2.1' is an IP address, not a domain; mend it"),
        ({"domain": "-contoso.com"}, "entry 2: domain: '-contoso.com' has the label '-contoso'"),
        ({"domain": ""}, "entry 2: domain: '' is empty"),
        ({"domain": "*.contoso.com"}, "stands for many domains, and no mail server is known for it; give one"),
        ({"domain": "info@contoso.com"}, "entry 2: domain: 'info@contoso.com' has the label 'info@contoso'"),
        (
            {"domain": "contoso.com", "smart_hosts": ["mx.contoso.com:25"]},
            "partners: entry 2 (contoso.com): smart_hosts: 'mx.contoso.com:25' carries a port",
        ),
        (
            {"domain": "contoso.com", "certificate_name": "*"},
            "partners: entry 2 (contoso.com): certificate_name: '*' matches every certificate; give the name",
        ),
        ({"domain": "fabrikam.com"}, "entry 2: the domain 'fabrikam.com' is already in entry 1; list it once."),
        ({"domain": "FABRIKAM.com."}, "entry 2: the domain 'fabrikam.com' is already in entry 1; list it once."),
    ],
)
def test_a_partner_that_cannot_be_is_named_with_the_remedy(partner: Given, said: str) -> None:
    (told,) = problems({"domain": "fabrikam.com"}, partner)
    assert said in told
    assert told.endswith(".")


@pytest.mark.parametrize("option", LIMITS)
def test_a_number_out_of_range_is_named_with_its_range(option: str) -> None:
    least, most = LIMITS[option]
    for wrong in (least - 1, most + 1):
        assert problems(**{option: wrong}) == [f"{option}: {wrong} is out of range; give {least} to {most}."]


def test_a_deadline_that_ends_before_one_step_is_refused() -> None:
    (told,) = problems(timeout=30, deadline=29)
    assert told == (
        "deadline: 29 seconds for the whole run are less than the timeout of 30 seconds for a single step; raise"
        " deadline or lower timeout."
    )
    assert read_options(given(timeout=30, deadline=30))[1].deadline == 30


@pytest.mark.parametrize(
    ("resolver", "said"),
    [
        ("dns.example.net", "is a name; give the resolver's address"),
        ("192.0.2.53:0", "is not the address of a resolver"),
        ("192.0.2.53:65536", "is not the address of a resolver"),
        ("192.0.2.53:dns", "is not the address of a resolver"),
        ("", "is not the address of a resolver"),
        ("[::1", "is not the address of a resolver"),
    ],
)
def test_a_resolver_that_cannot_be_is_refused(resolver: str, said: str) -> None:
    (told,) = problems(resolvers=["192.0.2.53", resolver])
    assert told.startswith(f"resolvers: '{resolver}' {said}")


@pytest.mark.parametrize("name", ["two words", "[not an address]", "localhost"])
def test_a_helo_name_that_cannot_be_is_refused(name: str) -> None:
    (told,) = problems(helo_name=name)
    assert told.startswith(f"helo_name: '{name}' ")


def test_everything_that_is_wrong_is_told_at_once() -> None:
    told = problems({"domain": "x"}, {"domain": "contoso.com", "smart_hosts": ["a b", "c d"]}, port=0, resolvers=["?"])
    assert [sentence.split(":")[0] for sentence in told] == ["port", "resolvers", "partners", "partners", "partners"]

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which addresses the probe may ask, and how many connections it holds at a time."""

from __future__ import annotations

import asyncio
import collections

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Host
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.manners import (
    Turns,
    is_public,
    provider_of,
)


@pytest.mark.parametrize("address", ["8.8.8.8", "52.101.8.1", "2a01:111:f400::1"])
def test_an_address_of_the_internet_may_be_asked(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "fe80::1", "fc00::1", "ff0e::1", "::"),
        *("::ffff:10.0.0.1", "::ffff:127.0.0.1"),
    ],
)
def test_an_address_of_a_private_network_may_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        (Host("contoso-com.mail.protection.outlook.com"), "mail.protection.outlook.com"),
        (Host("mx1.contoso.com"), "contoso.com"),
        (Host("contoso.com"), "contoso.com"),
        (Host("contoso.co.uk", via="implicit_mx"), "contoso.co.uk"),
        (Host("", via="smart_host"), "198.51.100.1"),
    ],
)
def test_a_provider_is_the_name_above_the_hosts_own(host: Host, provider: str) -> None:
    assert provider_of(host, "198.51.100.1") == provider


def test_limits_hold_for_an_address_a_provider_and_the_run() -> None:
    open_now: collections.Counter[str] = collections.Counter()
    most: collections.Counter[str] = collections.Counter()

    async def connect(turns: Turns, address: str, provider: str) -> None:
        async with turns.at_address(address), turns.to_connect(provider):
            names = (address, provider, "all")
            open_now.update(names)
            for name in names:
                most[name] = max(most[name], open_now[name])
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            open_now.subtract(names)

    async def run() -> None:
        turns = Turns(5)
        places = [(f"address {n % 12}", f"provider {n % 4}") for n in range(96)]
        await asyncio.wait_for(asyncio.gather(*(connect(turns, *place) for place in places)), 30)

    asyncio.run(run())
    assert {most[f"address {n}"] for n in range(12)} == {1}
    assert {most[f"provider {n}"] for n in range(4)} == {2}
    assert most["all"] == 5

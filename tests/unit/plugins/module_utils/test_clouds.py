# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._clouds import CLOUDS, endpoints
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError


@pytest.mark.parametrize(
    ("cloud", "api", "authority"),
    [
        ("worldwide", "https://outlook.office365.com", "https://login.microsoftonline.com"),
        ("gcc", "https://outlook.office365.com", "https://login.microsoftonline.com"),
        ("gcc_high", "https://outlook.office365.us", "https://login.microsoftonline.us"),
        ("dod", "https://outlook-dod.office365.us", "https://login.microsoftonline.us"),
        ("china", "https://partner.outlook.cn", "https://login.chinacloudapi.cn"),
    ],
)
def test_each_cloud_has_its_hosts_and_its_scope(cloud: str, api: str, authority: str) -> None:
    found = endpoints(cloud)
    assert (found.api, found.authority, found.scope) == (api, authority, f"{api}/.default")


def test_no_cloud_is_left_untested() -> None:
    assert len(CLOUDS) == 5


def test_an_overridden_host_keeps_the_audience_of_the_cloud() -> None:
    found = endpoints("gcc_high", "https://exchange.example:8443/", "https://login.example")
    assert found.api == "https://exchange.example:8443"
    assert found.authority == "https://login.example"
    assert found.scope == "https://outlook.office365.us/.default"


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_blank_means_not_given(blank: str | None) -> None:
    assert endpoints("worldwide", blank, blank) == CLOUDS["worldwide"]


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://outlook.office365.com", "https"),
        ("ftp://outlook.office365.com", "https"),
        ("outlook.office365.com", "https"),
        ("https://outlook.office365.com/adminapi", "path"),
        ("https://outlook.office365.com/?x=1", "after the host"),
        ("https://outlook.office365.com?x=1", "after the host"),
        ("https://outlook.office365.com#x", "after the host"),
        ("https://outlook.office365.com?", "after the host"),
        ("https://", "no host"),
        ("https://out look", "no host"),
        ("https://host:port", "not a URL"),
        ("https://host:99999", "not a URL"),
        ("https://[::1", "not a URL"),
    ],
)
@pytest.mark.parametrize("option", ["api_url", "authority_url"])
def test_an_unusable_address_is_refused_in_one_sentence(option: str, url: str, word: str) -> None:
    with pytest.raises(InputError) as caught:
        endpoints("worldwide", **{option: url})
    (problem,) = caught.value.problems
    assert problem.startswith(f"{option}: ")
    assert word in problem


def test_a_tenant_in_the_authority_is_sent_to_its_own_option() -> None:
    with pytest.raises(InputError, match="tenant_id"):
        endpoints("worldwide", authority_url="https://login.microsoftonline.com/contoso.com")


def test_a_password_in_an_address_is_refused_and_not_shown() -> None:
    with pytest.raises(InputError) as caught:
        endpoints("worldwide", "https://admin:hunter2@outlook.office365.com")
    assert "hunter2" not in str(caught.value)


def test_all_problems_come_at_once() -> None:
    with pytest.raises(InputError) as caught:
        endpoints("moon", "http://a", "http://b")
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["cloud", "api_url", "authority_url"]

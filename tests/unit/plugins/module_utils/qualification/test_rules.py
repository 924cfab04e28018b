# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pseudonyms, and the rules that no command of a qualification breaks."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification import guard
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import PREFIX
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.pseudonyms import Pseudonyms
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Call

OWN = f"{PREFIX} 0a1b2c3d out"
GUID = "4f1c2f3e-1111-4222-8333-123456789abc"


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("contoso.com", r"domain-1\.example"),
        ("*.contoso.com", r"\*\.domain-1\.example"),
        ("contoso.com.", r"domain-1\.example\."),
        ("smtp:*.contoso.com;1", r"smtp:\*\.domain-1\.example;1"),
        ("smtp:*;1", r"smtp:\*;1"),
        ("m\u00fcnchen.contoso.com", r"domain-1\.example"),
        ("Forced TLS to Contoso", "text-1"),
        (GUID, r"00000000-0000-4000-8000-0{11}1"),
        ("203.0.113.9", r"198\.51\.100\.1"),
        ("[203.0.113.9]", r"\[198\.51\.100\.1\]"),
        ("203.0.113.0/24", r"198\.51\.100\.1/24"),
        ("2a01:4f8::1", "2001:db8::1"),
        ("jane@contoso.com", r"person-1@domain-1\.example"),
        ("CN=To Contoso,CN=Transport Settings,DC=PROD", r"CN=path-1,DC=example"),
        # Nobody's, or our own.
        ("Q-1a2b3c4d.Example.COM.", r"Q-1a2b3c4d\.Example\.COM\."),
        ("192.0.2.77/25", "192.0.2.77/25"),
        (OWN, re.escape(OWN)),
        ("", ""),
        ("*", r"\*"),
    ],
)
def test_a_value_is_replaced_as_a_whole_and_keeps_its_form(value: str, form: str) -> None:
    names = Pseudonyms()
    first = names.value(value)
    assert re.fullmatch(form, first)
    assert names.value(value) == first


def test_equal_values_are_equal_and_others_are_not() -> None:
    names = Pseudonyms()
    assert names.value("contoso.com") == names.value("CONTOSO.com") != names.value("fabrikam.com")
    assert names.mail("a@contoso.com") == f"person-1@{names.domain('contoso.com')}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The connector 'To Contoso' of contoso.onmicrosoft.com at 203.0.113.9 is known to jane@contoso.com.",
            "The connector 'text-1' of domain-2.example at 198.51.100.1 is known to person-1@domain-1.example.",
        ),
        (
            f"object '{GUID}' couldn't be found on 'AM9PR05A001DC04.EURPR05A001.PROD.OUTLOOK.COM'.",
            "object '00000000-0000-4000-8000-000000000001' couldn't be found on 'domain-1.example'.",
        ),
        (
            "Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|no 'System.String'",
            "Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|no 'System.String'",
        ),
        ("see https://outlook.office365.com/adminapi/beta/contoso.com/x?y=1", "see https://url-1.example/"),
        ("to 2a01:4f8:0:1::2 with eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2ln", "to 2001:db8::1 with token-1"),
        ("Recipient=jane@contoso.com", "person-1@domain-1.example"),
        (
            "Active Directory operation failed. The object 'CN=To X,CN=Transport Settings,DC=PROD,DC=COM' exists.",
            "Active Directory operation failed. The object 'CN=path-1,DC=example' exists.",
        ),
        ("The maximum length is 2243. Set it to $false.", "The maximum length is 2243. Set it to $false."),
    ],
)
def test_whatever_looks_like_a_name_in_a_sentence_is_replaced(text: str, expected: str) -> None:
    names = Pseudonyms()
    names.know("To Contoso")
    assert names.free(text) == expected


@pytest.mark.parametrize(
    ("cmdlet", "given"),
    [
        ("New-OutboundConnector", {"Name": OWN}),
        ("New-OutboundConnector", {"Name": OWN, "Enabled": True}),
        ("New-OutboundConnector", {"Name": "To Contoso", "Enabled": False}),
        ("New-InboundConnector", {"Name": OWN, "Enabled": False, "SenderDomains": ["contoso.com"]}),
        ("Set-OutboundConnector", {"Identity": OWN, "Enabled": False}),
        ("Set-OutboundConnector", {"Identity": OWN, "Name": "To Contoso"}),
        ("Set-OutboundConnector", {"Identity": OWN, "RecipientDomains": ["notexample.com"]}),
        ("Set-OutboundConnector", {"Identity": OWN, "SmartHosts": ["203.0.113.9"]}),
        ("Set-OutboundConnector", {"Identity": "To Contoso"}),
        ("Set-OutboundConnector", {"Identity": "another guid"}),
        ("Remove-OutboundConnector", {"Identity": "To Contoso"}),
        ("Validate-OutboundConnector", {"Identity": "To Contoso", "Recipients": ["a@contoso.com"]}),
        ("Enable-OrganizationCustomization", {}),
    ],
)
def test_a_command_that_could_do_harm_is_not_sent(cmdlet: str, given: dict[str, t.Any]) -> None:
    with pytest.raises(ExchangeError, match="was not sent"):
        guard.check(Call(cmdlet, given), {GUID})


@pytest.mark.parametrize(
    ("cmdlet", "given"),
    [
        ("Get-OutboundConnector", {}),
        ("New-OutboundConnector", {"Name": OWN, "Enabled": False, "RecipientDomains": ["q.example.com"]}),
        ("Set-OutboundConnector", {"Identity": GUID, "RecipientDomains": ["Q.Example.COM."]}),
        ("Set-InboundConnector", {"Identity": OWN, "SenderIPAddresses": ["192.0.2.1/32"]}),
        ("Remove-OutboundConnector", {"Identity": GUID}),
        ("Validate-OutboundConnector", {"Identity": GUID, "Recipients": ["a@contoso.com"]}),
    ],
)
def test_other_commands_are(cmdlet: str, given: dict[str, t.Any]) -> None:
    guard.check(Call(cmdlet, given), {GUID})

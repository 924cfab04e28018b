# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A partner list is good, or every problem of it is named at once."""

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Inbound, Outbound, Partner


def problems_of(written: object, defaults: object = None) -> list[str]:
    with pytest.raises(InputError) as caught:
        check_partners(written, defaults)
    assert caught.value.kind == "input"
    return caught.value.problems


def the_problem_of(written: object, defaults: object = None) -> str:
    (problem,) = problems_of(written, defaults)
    return problem


def test_a_domain_is_a_whole_entry() -> None:
    assert check_partners(["Fabrikam.com"]) == [
        Partner(
            name="fabrikam.com",
            domains=("fabrikam.com",),
            state="enforced",
            outbound=Outbound(level="certificate_validation"),
            inbound=Inbound(),
        )
    ]


def test_a_full_entry() -> None:
    (partner,) = check_partners(
        [
            {
                "name": " Contoso \n Ltd ",
                "domains": ["Contoso.com", "*.contoso.com.", "münchen.example"],
                "state": "prepared",
                "outbound": {
                    "level": "domain_validation",
                    "certificate_name": "Mail.Contoso.com",
                    "smart_hosts": ["MX1.contoso.com", "[192.0.2.1]"],
                    "smtp_dane_mode": "mandatory",
                    "mta_sts_mode": "none",
                    "validation_recipients": ["It@Contoso.com", "x@mail.contoso.com"],
                },
                "inbound": {"certificate_name": "*.contoso.com", "ip_addresses": ["192.0.2.77/24", "198.51.100.1/32"]},
                "contact": "postmaster@contoso.com",
                "reference": 42,
                "description": "First line.\r\nSecond line.\n",
            }
        ]
    )
    assert partner == Partner(
        name="Contoso Ltd",
        domains=("contoso.com", "*.contoso.com", "xn--mnchen-3ya.example"),
        state="prepared",
        outbound=Outbound(
            level="domain_validation",
            certificate_name="mail.contoso.com",
            smart_hosts=("mx1.contoso.com", "192.0.2.1"),
            smtp_dane_mode="mandatory",
            mta_sts_mode="none",
            validation_recipients=("it@contoso.com", "x@mail.contoso.com"),
        ),
        inbound=Inbound(certificate_name="*.contoso.com", ip_addresses=("192.0.2.0/24", "198.51.100.1")),
        contact="postmaster@contoso.com",
        reference="42",
        description="First line.\nSecond line.",
    )


def test_lists_may_be_written_as_one_text() -> None:
    (partner,) = check_partners([{"domains": "contoso.com, contoso.net", "inbound": {"ip_addresses": "192.0.2.1"}}])
    assert partner.domains == ("contoso.com", "contoso.net")
    assert partner.inbound.ip_addresses == ("192.0.2.1",)


def test_the_whole_list_may_be_one_text() -> None:
    partners = check_partners("fabrikam.com\nadatum.com, contoso.com; litwareinc.com\r\n")
    assert [partner.name for partner in partners] == ["fabrikam.com", "adatum.com", "contoso.com", "litwareinc.com"]


def test_an_empty_list_is_a_list() -> None:
    assert check_partners([]) == []


def test_null_is_the_same_as_leaving_out() -> None:
    written = {"name": None, "domains": ["contoso.com"], "outbound": None, "inbound": {"certificate_name": None}}
    assert check_partners([written]) == check_partners(["contoso.com"])


def test_values_are_plain_whatever_ansible_hands_over() -> None:
    class Tagged(str):
        """As the tagged texts of ansible-core 2.19."""

        __slots__ = ()

    (partner,) = check_partners(
        [
            {
                Tagged("name"): Tagged("Contoso"),
                Tagged("domains"): [Tagged("contoso.com")],
                Tagged("state"): Tagged("prepared"),
                Tagged("outbound"): {Tagged("level"): Tagged("encryption_only")},
                Tagged("inbound"): {Tagged("certificate_name"): Tagged("contoso.com"), Tagged("adopt"): Tagged("TLS")},
                Tagged("exceptions"): [
                    {
                        Tagged("finding"): Tagged("probe"),
                        Tagged("owner"): Tagged("alice"),
                        Tagged("until"): Tagged("2026-12-31"),
                        Tagged("reason"): Tagged("CHG0050"),
                    }
                ],
                Tagged("contact"): Tagged("me"),
                Tagged("description"): Tagged("text"),
            }
        ]
    )
    texts = [
        partner.name,
        *partner.domains,
        partner.state,
        partner.outbound.level,
        partner.inbound.certificate_name,
        partner.inbound.adopt,
        partner.exceptions[0].finding,
        partner.exceptions[0].owner,
        partner.exceptions[0].reason,
        partner.contact,
        partner.description,
    ]
    assert [type(text) for text in texts] == [str] * len(texts)


# -- defaults ------------------------------------------------------------------------------------------------------


def test_defaults_fill_what_an_entry_leaves_out_key_by_key() -> None:
    defaults = {
        "state": "prepared",
        "contact": "mail team",
        "outbound": {"level": "encryption_only", "smart_hosts": ["relay.example.com"]},
        "inbound": {"ip_addresses": ["192.0.2.0/24"]},
    }
    first, second = check_partners(
        ["fabrikam.com", {"domains": ["contoso.com"], "outbound": {"smart_hosts": []}, "state": "enforced"}], defaults
    )
    assert first.state == "prepared"
    assert first.outbound == Outbound(level="encryption_only", smart_hosts=("relay.example.com",))
    assert second.state == "enforced"
    assert second.outbound == Outbound(level="encryption_only", smart_hosts=())
    assert first.inbound == second.inbound == Inbound(ip_addresses=("192.0.2.0/24",))
    assert second.contact == "mail team"


def test_a_certificate_name_in_the_defaults_is_for_entries_that_use_it() -> None:
    defaults = {"outbound": {"level": "domain_validation", "certificate_name": "mail.protection.outlook.com"}}
    first, second = check_partners(
        ["fabrikam.com", {"domains": ["contoso.com"], "outbound": {"level": "certificate_validation"}}], defaults
    )
    assert first.outbound.certificate_name == "mail.protection.outlook.com"
    assert second.outbound.certificate_name == ""


def test_wrong_defaults_are_told_once_not_for_every_entry() -> None:
    defaults = {"outbound": {"level": "domain_validation", "certificate_name": "com"}, "state": "on"}
    assert problems_of(["fabrikam.com", "contoso.com"], defaults) == [
        "Defaults: outbound.certificate_name 'com' is a single label; give the whole domain, for example contoso.com.",
        "Defaults: state 'on' is not known; use planned, prepared, enforced, suspended or absent.",
    ]


def test_a_wrong_default_does_not_hide_what_is_wrong_in_an_entry() -> None:
    entry = {"domains": ["contoso.com"], "outbound": {"level": "domain_validation", "certificate_name": ""}}
    first, second = problems_of([entry], {"outbound": {"level": "high", "certificate_name": "com"}})[1:]
    assert first.startswith("Defaults: outbound.certificate_name 'com'")
    assert "Partner 1 (contoso.com): outbound.level is domain_validation, but" in second


def test_defaults_cannot_name_a_partner() -> None:
    assert the_problem_of(["fabrikam.com"], {"domains": ["contoso.com"]}) == (
        "Defaults: the key 'domains' can only be one partner's; write it in that partner's own entry."
    )
    assert "Defaults: they are a list; write a dictionary" in the_problem_of(["fabrikam.com"], ["contoso.com"])


# -- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ("a b", "only letters, digits and inner hyphens are allowed"),
        ("*.*.x.com", "a wildcard is only possible as the whole first label"),
        ("mail.*.com", "a wildcard is only possible as the whole first label"),
        ("x..y", "has an empty label"),
        (".contoso.com", "has an empty label"),
        ("192.0.2.1", "is an IP address, not a domain; write a domain such as contoso.com"),
        ("[2001:db8::1]", "is an IP address, not a domain; write a domain such as contoso.com"),
        ("a" * 64 + ".com", "has a label of 64 characters"),
        ("*", "stands for every domain there is; list the partner's own domains"),
        ("com", "is a single label; give the whole domain"),
        ("*.com", "is a single label; give the whole domain"),
        ("-contoso.com", "only letters, digits and inner hyphens are allowed"),
        ("postmaster@contoso.com", "only letters, digits and inner hyphens are allowed"),
        ("", "is empty; write a domain such as contoso.com"),
        ("\u2488example.com", "is not a valid international domain"),
    ],
)
@pytest.mark.parametrize("form", ["short", "full"])
def test_a_domain_that_is_none(domain: str, said: str, form: str) -> None:
    problem = the_problem_of([domain if form == "short" else {"name": "Bad", "domains": [domain]}])
    assert problem.startswith("Partner 1")
    assert said in problem
    assert problem.endswith(".")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            {"domains": ["contoso.com"], "inbound": {"ip_addresses": ["2001:db8::/32"]}},
            "inbound.ip_addresses '2001:db8::/32' is an IPv6 address; Exchange Online takes IPv4 addresses only",
        ),
        (
            {"domains": ["contoso.com"], "inbound": {"ip_addresses": ["192.0.2.0/23"]}},
            "inbound.ip_addresses '192.0.2.0/23' is a /23 network; Exchange Online takes /24 to /32",
        ),
        (
            {"domains": ["contoso.com"], "inbound": {"ip_addresses": ["mail.contoso.com"]}},
            "inbound.ip_addresses 'mail.contoso.com' is neither an IPv4 address nor a network",
        ),
        (
            {"domains": ["contoso.com"], "outbound": {"smart_hosts": ["mail.contoso.com:587"]}},
            "outbound.smart_hosts 'mail.contoso.com:587' carries a port; Exchange Online always connects to port 25",
        ),
        (
            {"domains": ["contoso.com"], "outbound": {"smart_hosts": ["[192.0.2.4]:25"]}},
            "outbound.smart_hosts '[192.0.2.4]:25' carries a port",
        ),
        (
            {"domains": ["contoso.com"], "outbound": {"certificate_name": "mail.contoso.com"}},
            "is checked at level domain_validation only, and the level is certificate_validation; set outbound.level",
        ),
        (
            {"domains": ["contoso.com"], "outbound": {"level": "domain_validation"}},
            "outbound.level is domain_validation, but outbound.certificate_name is missing; give the name",
        ),
        (
            {"domains": ["contoso.com"], "outbound": {"level": "domain_validation", "certificate_name": "*"}},
            "outbound.certificate_name '*' matches every certificate; give the name",
        ),
        (
            {"domains": ["contoso.com"], "outbound": {"validation_recipients": ["it@fabrikam.com"]}},
            "outbound.validation_recipients 'it@fabrikam.com' is in none of the partner's domains; Exchange takes",
        ),
        (
            {"domains": ["contoso.com"], "outbound": {"validation_recipients": ["contoso.com"]}},
            "outbound.validation_recipients 'contoso.com' is not a mail address; write a mailbox at the partner",
        ),
        ({"domains": ["contoso.com"], "state": "enforce"}, "(did you mean enforced?)"),
        (
            {"domains": ["contoso.com"], "enforce": "2026-12-01"},
            "the key 'enforce' is not known (did you mean enforce_from?); accepted are name, domains, state,",
        ),
        (
            {"domains": ["contoso.com"], "enforce_from": "01.12.2026"},
            "enforce_from '01.12.2026' is neither a date nor a",
        ),
        (
            {"domains": ["contoso.com"], "enforce_from": 20261201},
            "'20261201' is a number, neither a date nor a time; write",
        ),
        (
            {"domains": ["contoso.com"], "enforce_from": "2026-02-30"},
            "'2026-02-30' is neither a date nor a time; write",
        ),
        (
            {"domains": ["contoso.com"], "name": "All"},
            "name 'All' stands for every partner where consent is given; choose",
        ),
        (
            {"domains": ["contoso.com"], "state": "suspended", "until": "2027-01-01"},
            "state is suspended, but reason is missing; say why",
        ),
        (
            {"domains": ["contoso.com"], "state": "suspended", "reason": "x"},
            "state is suspended, but until is missing; give the date",
        ),
        (
            {"domains": ["contoso.com"], "until": "2027-01-01"},
            "until belongs to a suspension, and state is enforced; remove until, or set state to suspended",
        ),
        ({"domains": ["contoso.com"], "reason": "x"}, "reason belongs to a suspension, and state is enforced; remove"),
        ({"domains": ["contoso.com"], "domain": "contoso.com"}, "(did you mean domains?)"),
        (
            {"domains": ["contoso.com"], "outbound": {"smarthosts": []}},
            "the key 'smarthosts' is not known below outbound (did you mean smart_hosts?); accepted are level,",
        ),
        ({"domains": ["contoso.com"], "level": "x"}, "(did you mean level below outbound?)"),
        (
            {"domains": ["contoso.com"], "certificate_name": "x"},
            "(did you mean certificate_name below outbound or inbound?)",
        ),
        ({"domains": ["contoso.com"], 7: "x"}, "the key '7' is not known"),
        ({"domains": ["contoso.com"], "outbound": "mail"}, "outbound is a text; write a dictionary with level,"),
        ({"domains": ["contoso.com"], "contact": True}, "contact 'True' is true or false; write a text"),
        ({"domains": ["contoso.com"], "reference": 1.5}, "reference '1.5' is a number; write a text, in quotes"),
        ({"domains": ["contoso.com"], "contact": "a\x00b"}, "contact holds a character that cannot be printed"),
        ({"domains": ["contoso.com"], "name": " "}, "name is empty; give the partner a name"),
        ({"domains": ["contoso.com", 5]}, "domains '5' is a number; write a text"),
        ({"domains": {"contoso.com": 1}}, "domains is a dictionary; write a list"),
        ({"domains": []}, "domains is missing or empty; list the partner's mail domains"),
        ({"name": "Contoso"}, "Partner 1 (Contoso): domains is missing or empty"),
        ({"domains": ["contoso.com", "CONTOSO.com"]}, "the domain 'contoso.com' is listed 2 times; once is enough"),
        (["contoso.com"], "Partner 1: the entry is a list; write a domain, or a dictionary"),
        (None, "Partner 1: the entry is empty; write a domain, or a dictionary"),
        (5, "Partner 1: the entry is a number; write a domain, or a dictionary"),
    ],
)
def test_an_entry_that_is_wrong(entry: object, said: str) -> None:
    problem = the_problem_of([entry])
    assert said in problem
    assert problem.endswith(".")


@pytest.mark.parametrize("written", [None, 5, {"name": "Contoso"}, True, b"contoso.com"])
def test_a_list_that_is_none(written: object) -> None:
    assert the_problem_of(written).startswith("The partner list is ")


def test_every_wrong_value_of_a_list_is_told() -> None:
    assert len(problems_of([{"domains": ["a b.com", "good.com", "x..y"]}])) == 2


def test_one_name_twice() -> None:
    problem = the_problem_of([{"name": "Contoso", "domains": ["a.com"]}, {"name": "CONTOSO", "domains": ["b.com"]}])
    assert problem == (
        "Partner 2 (CONTOSO): the name 'CONTOSO' is already taken by partner 1 (Contoso);"
        " give each partner a name of its own."
    )


def test_one_domain_twice() -> None:
    problem = the_problem_of(["fabrikam.com", {"name": "Contoso", "domains": ["contoso.com", "Fabrikam.com"]}])
    assert problem == (
        "Partner 2 (Contoso): the domain 'fabrikam.com' is already listed by partner 1 (fabrikam.com);"
        " keep it in one of them."
    )


def test_one_short_entry_twice_is_one_mistake() -> None:
    assert "the domain 'fabrikam.com' is already listed" in the_problem_of(["fabrikam.com", "Fabrikam.com"])


def test_a_domain_in_two_spellings_is_one_domain() -> None:
    assert "already listed" in the_problem_of(["münchen.example", "xn--mnchen-3ya.example"])


def test_a_default_name_that_another_partner_has() -> None:
    problem = the_problem_of([{"name": "fabrikam.com", "domains": ["contoso.com"]}, "fabrikam.com"])
    assert "the name 'fabrikam.com' is already taken by partner 1" in problem


def test_a_partner_that_goes_needs_its_name_alone_and_may_leave_its_domains_to_another() -> None:
    gone, moved, heir = check_partners(
        [
            {"name": "Gone", "state": "absent"},
            {"name": "Contoso", "domains": ["contoso.com"], "state": "absent"},
            {"name": "Fabrikam", "domains": ["fabrikam.com", "contoso.com"]},
        ]
    )
    assert (gone.state, gone.domains) == ("absent", ())
    assert moved.domains == ("contoso.com",)
    assert heir.domains == ("fabrikam.com", "contoso.com")


def test_a_domain_and_its_wildcard_are_two() -> None:
    assert len(check_partners(["contoso.com", "*.contoso.com"])) == 2


def test_everything_at_once_in_the_order_of_the_list() -> None:
    found = problems_of(
        ["a b", {"name": "Contoso", "domains": ["contoso.com"], "state": "on"}, "good.com", "Good.com"],
        {"inbound": {"ip_addresses": ["192.0.2.0/8"]}},
    )
    assert [problem.partition(":")[0] for problem in found] == [
        "Defaults",
        "Partner 1 (a b)",
        "Partner 2 (Contoso)",
        "Partner 4 (Good.com)",
    ]


def test_a_long_value_does_not_fill_the_sentence() -> None:
    assert len(the_problem_of(["x y" * 1000])) < 400


def test_a_domain_beside_a_wrong_one_is_still_taken() -> None:
    """Else the second mistake would come to light in the next run only."""
    found = problems_of(["contoso.com", {"name": "Other", "domains": ["a b", "contoso.com"]}])
    assert len(found) == 2
    assert "'a b'" in found[0]
    assert "'contoso.com' is already listed by partner 1" in found[1]


# -- the name in the certificate -----------------------------------------------------------------------------------

STRICT = {"name": "Contoso", "domains": ["contoso.com"], "outbound": {"level": "domain_validation"}}
MISSING = "Partner 1 (Contoso): outbound.level is domain_validation, but outbound.certificate_name is missing; "


def the_problem_with(candidates: dict[str, list[str]] | None) -> str:
    with pytest.raises(InputError) as caught:
        check_partners([STRICT], candidates=candidates)
    (problem,) = caught.value.problems
    assert problem.startswith(MISSING)
    return problem.removeprefix(MISSING)


@pytest.mark.parametrize("candidates", [None, {}, {"fabrikam.com": ["mx.fabrikam.com"]}])
def test_a_missing_certificate_name_of_a_partner_that_was_not_looked_at(
    candidates: dict[str, list[str]] | None,
) -> None:
    assert the_problem_with(candidates) == "give the name in the partner's certificate, for example mail.contoso.com."


def test_a_missing_certificate_name_comes_with_those_that_the_probe_saw() -> None:
    assert the_problem_with({"contoso": ["mx.contoso.com", "*.contoso.com"]}) == (
        "the certificates of its servers all carry mx.contoso.com, *.contoso.com: give the one that the partner names."
    )


def test_a_missing_certificate_name_of_servers_that_share_none() -> None:
    assert the_problem_with({"contoso": []}).startswith("ask the partner for the name in its certificates, because")


def test_what_certificates_say_neither_fills_the_sentence_nor_breaks_it() -> None:
    problem = the_problem_with({"contoso": [f"\n\x1b{number}{'x' * 500}.example" for number in range(100)]})
    assert problem.isprintable()
    assert len(problem) < 500
    assert " and 95 more: give the one" in problem


def test_before_a_probe_the_name_may_be_missing() -> None:
    (partner,) = check_partners([STRICT], lenient_names=True)
    assert partner.outbound == Outbound(level="domain_validation")


def test_before_a_probe_everything_else_is_told_all_the_same() -> None:
    wrong = {**STRICT, "inbound": {"certificate_name": "com"}}
    with pytest.raises(InputError) as caught:
        check_partners([wrong, STRICT], lenient_names=True)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("state", ["planned", "absent"])
def test_where_nothing_is_to_stand_no_name_is_needed(state: str) -> None:
    assert check_partners([{**STRICT, "state": state}])[0].outbound.certificate_name == ""


@pytest.mark.parametrize(
    ("state", "more"), [("prepared", {}), ("enforced", {}), ("suspended", {"reason": "x", "until": "2027-01-01"})]
)
def test_where_something_is_to_stand_a_name_is_needed(state: str, more: dict[str, str]) -> None:
    assert MISSING in the_problem_of([{**STRICT, "state": state, **more}])


def test_a_state_that_is_wrong_is_one_problem() -> None:
    assert "did you mean planned?" in the_problem_of([{**STRICT, "state": "plannd"}])

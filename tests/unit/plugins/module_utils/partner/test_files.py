# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A partner list in a file: CSV as spreadsheets export it, YAML and JSON, with the line of each problem."""

from __future__ import annotations

import contextlib
import csv
import io
import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.entry import KEYS
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import read_list
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rows import decoded
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.table import COLUMNS
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.values import Wrong, count

ENTRIES = [
    {
        "name": "Bäckerei Grün",
        "domains": ["grün.example", "*.grün.example"],
        "state": "suspended",
        "enforce_from": "2026-12-01T08:00Z",
        "outbound": {
            "level": "domain_validation",
            "certificate_name": "mx.grün.example",
            "smart_hosts": ["mx1.grün.example", "192.0.2.1"],
            "validation_recipients": ["a@xn--grn-ioa.example", "b@xn--grn-ioa.example"],
            "smtp_dane_mode": "mandatory",
            "mta_sts_mode": "none",
            "adopt": "Grün, hin",
        },
        "inbound": {
            "certificate_name": "*.grün.example",
            "ip_addresses": ["192.0.2.0/24", "198.51.100.7"],
            "adopt": "Grün; her",
        },
        "contact": "Ines; Grün",
        "reference": "0042",
        "description": 'Says "hello".\nTwice.',
        "reason": "a, b",
        "until": "2026-12-24",
    },
    {"domains": ["fabrikam.com"]},
]
ROWS = [
    list(COLUMNS),
    [
        "Bäckerei Grün",
        "grün.example *.grün.example",
        "suspended",
        "2026-12-01T08:00Z",
        "domain_validation",
        "mx.grün.example",
        "mx1.grün.example;192.0.2.1",
        "a@xn--grn-ioa.example, b@xn--grn-ioa.example",
        "*.grün.example",
        "192.0.2.0/24\n198.51.100.7",
        "Ines; Grün",
        "0042",
        'Says "hello".\nTwice.',
        "a, b",
        "2026-12-24",
        "mandatory",
        "none",
        "Grün, hin",
        "Grün; her",
    ],
    ["", "fabrikam.com", *[""] * (len(COLUMNS) - 2)],
]


def partners_in(text: str, file: str = "partners.csv") -> list[Partner]:
    return read_list({"file": file, "text": text}, None, "Forced TLS", "2026-11-25").partners


def problems_in(text: str, file: str = "partners.csv") -> list[str]:
    with pytest.raises(InputError) as caught:
        partners_in(text, file)
    headline, *problems = caught.value.problems
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    assert headline == f"The partner list in {file} has {count}:"
    assert all(problem.endswith(".") for problem in problems)
    return problems


def exported(separator: str, end: str, *, quoting: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows(ROWS)  # type: ignore[arg-type]
    return out.getvalue()


def test_every_key_but_exceptions_has_a_column() -> None:
    assert sorted([*COLUMNS.values(), "exceptions"]) == sorted(KEYS)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_a_spreadsheet_however_it_is_exported(separator: str, end: str, encoding: str, quoting: int) -> None:
    if end == "\r":  # Python's writer would leave a cell with a line end of another kind without quotes
        quoting = csv.QUOTE_ALL
    content = exported(separator, end, quoting=quoting).encode(encoding)
    assert partners_in(decoded(content)) == check_partners(ENTRIES)


def test_columns_in_any_order_and_case_and_lines_without_anything() -> None:
    text = (
        "\r\n;;\r\n State ;DOMAINS;Inbound certificate-name\r\n;;\r\n\r\nprepared;a.com;mx.a.com\r\n;b.com;\r\n;;\r\n"
    )
    first, second = partners_in(text)
    assert (first.state, first.domains, first.inbound.certificate_name) == ("prepared", ("a.com",), "mx.a.com")
    assert second.domains == ("b.com",)


def test_the_separator_that_excel_announces() -> None:
    assert partners_in("sep=|\nname|domains\nA|a.com\n")[0].name == "A"


def test_an_empty_cell_is_left_to_the_defaults() -> None:
    listed = read_list(
        {"file": "p.csv", "text": "domains,state\na.com,\nb.com,enforced\n"}, {"state": "prepared"}, "Forced TLS", None
    )
    assert [partner.state for partner in listed.partners] == ["prepared", "enforced"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The file is empty; its first line names the columns"),
        ("\r\n\r\n", "The file is empty"),
        ("name,domains\n", "The file lists no partner; an empty list is taken for a mistake."),
        ("name,domians\nA,a.com\n", "Line 1: the column 'domians' is not known (did you mean domains?); accepted are"),
        ("domains,Exceptions\na.com,\n", "Line 1: the column 'Exceptions' cannot be in a table, because an exception"),
        ("state,level\nenforced,\n", "Line 1: the column domains is missing"),
        ("domains,domains\na.com,b.com\n", "Line 1: the column 'domains' is there 2 times"),
        ('domains,name\na.com,"A\nb.com,B\n', "Line 2: the line cannot be read as CSV"),
        ("domains\na.com,b.com\n", "Line 2 (a.com): 'b.com' stands below no column; put cells that hold a ','"),
        ("domains,,name\na.com,x,A\n", "Line 2 (A): 'x' stands below no column"),
        ("name,domains\nA,a.com\n\nB,b b.com\n", "Line 4 (B): domains 'b' is a single label"),
        ('name,domains\n"A\nA",a.com\nB,a.com\n', "Line 4 (B): the domain 'a.com' is already listed by line 2 (A A)"),
        ("domains,level\na.com,high\n", "Line 2 (a.com): level 'high' is not known; use encryption_only,"),
        (
            "domains,level\na.com,domain_validation\n",
            "Line 2 (a.com): level is domain_validation, but certificate_name is missing",
        ),
        ("domains,inbound_ip_addresses\na.com,::1\n", "Line 2 (a.com): inbound_ip_addresses '::1' is an IPv6 address"),
        ("domains,enforce_from\na.com,01.12.2026\n", "Line 2 (a.com): enforce_from '01.12.2026' is neither a date nor"),
    ],
)
def test_what_is_wrong_in_a_table(text: str, said: str) -> None:
    (problem,) = problems_in(text)
    assert said in problem


def test_every_problem_of_a_table_at_once() -> None:
    found = problems_in("domains;state;until\na b;on;\nb.com;;2027-01-01\nc.com;;\nC.com;;\n")
    assert [problem.split(" (")[0].split(":")[0] for problem in found] == ["Line 2"] * 3 + ["Line 3", "Line 5"]


def test_yaml_and_json_say_the_same_as_the_list() -> None:
    wanted = check_partners([*ENTRIES, "adatum.com"])
    written = [*ENTRIES, "adatum.com"]
    assert partners_in(yaml.safe_dump(written, allow_unicode=True), "p.yml") == wanted
    for indent in (None, 2, "\t"):
        assert partners_in(json.dumps(written, indent=indent), "P.JSON") == wanted
    dated = "- domains: [a.com]\n  enforce_from: 2026-12-01T09:00:00+01:00\n"
    assert partners_in(dated, "p.yaml")[0].enforce_from == wanted[0].enforce_from


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The file is empty; write a list"),
        ("# nothing\n", "The file is empty; write a list"),
        ("[]", "The file lists no partner; an empty list is taken for a mistake."),
        ("forced_tls_partners: [a.com]\n", "The file holds a dictionary; write a list of domains and of dictionaries"),
        ("a.com\n", "The file holds a text; write a list"),
        ("- a.com\n- [b.com\n", "Line 3: the file cannot be read as YAML"),
        ("- a.com\n\n- name: B\n  domains: [b b]\n", "Line 3 (B): domains 'b b' has the label 'b b'"),
        ("- a.com\n- domains: [b.com]\n  state: on\n", "Line 2 (b.com): state 'True' is not known"),
        ("- a.com\n- name: B\n  domains: [b.com]\n  name: C\n", "Line 2 (C): the key 'name' is given 2 times"),
        ("- a.com\n- domains: [b.com]\n  contact: !vault x\n", "Line 3: the file cannot be read as YAML"),
        ("- a.com\n---\n- b.com\n", "Line 2: the file cannot be read as YAML"),
        ("- a.com\n-\n", "Line 2: the entry is empty; write a domain"),
    ],
)
def test_what_is_wrong_in_yaml(text: str, said: str) -> None:
    (problem,) = problems_in(text, "p.yml")
    assert said in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Line 1: the file cannot be read as JSON"),
        ("{}", "The file holds a dictionary; write a list"),
        ("null", "The file is empty; write a list"),
        ("[\n]", "The file lists no partner"),
        ('[\n "a.com",\n "b.com"\n "c.com"]', "Line 4: the file cannot be read as JSON"),
        ('[\n "a.com",\n\n {"domains":\n ["b b"]}]', "Line 4 (b b): domains 'b b' has the label"),
        ('[{"domains": ["a.com"], "domains": ["b.com"]}]', "Line 1 (b.com): the key 'domains' is given 2 times"),
    ],
)
def test_what_is_wrong_in_json(text: str, said: str) -> None:
    (problem,) = problems_in(text, "p.json")
    assert said in problem


def test_a_date_that_yaml_cannot_make_does_not_hide_the_other_problems() -> None:
    found = problems_in("- a b\n- domains: [b.com]\n  enforce_from: 2026-02-30\n", "p.yml")
    assert found[0].startswith("Line 1 (a b)")
    assert "Line 2: it holds a date that does not exist; mend it." in found


def test_a_file_of_another_kind() -> None:
    assert problems_in("x", "partners.xlsx")[0].startswith("The file 'partners.xlsx' ends in none of .csv, .tsv, .json")


@pytest.mark.parametrize("content", [b"PK\x03\x04\x00\x00", b"\xff\xfea", b"name\x81"])
def test_a_file_that_is_no_text(content: bytes) -> None:
    with pytest.raises(InputError, match="no text in UTF-8, UTF-16 or Windows-1252"):
        decoded(content)


@given(st.text() | st.text(alphabet=';,"\n\r\t ab.*-[]{}:&#!'), st.sampled_from(["p.csv", "p.yml", "p.json"]))
def test_whatever_a_file_holds_the_answer_is_a_list_or_sentences(text: str, file: str) -> None:
    with contextlib.suppress(InputError):  # anything else is a fault
        assert partners_in(text, file)


# -- consent -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consent", "keys"),
    [
        ([], set()),
        (None, set()),
        ("", set()),
        ("all", {"contoso, ltd", "fabrikam.com"}),
        (["ALL"], {"contoso, ltd", "fabrikam.com"}),
        (["Fabrikam.com"], {"fabrikam.com"}),
        ("contoso, ltd", {"contoso, ltd"}),
        ("fabrikam.com, fabrikam.com", {"fabrikam.com"}),
    ],
)
def test_consent_is_for_those_who_are_named(consent: object, keys: set[str]) -> None:
    written = [{"name": "Contoso, Ltd", "domains": ["contoso.com"]}, "fabrikam.com"]
    assert read_list(written, None, "Forced TLS", None, consent).consent == keys


@pytest.mark.parametrize(
    ("consent", "said"),
    [
        (["fabrikan.com"], "names 'fabrikan.com', who is not on the list (did you mean fabrikam.com?); write names"),
        (True, "The consent to weaken is true or false; write a list of partner names, or all."),
        ("Zed", "names 'Zed', who is not on the list; write names of partners"),
    ],
)
def test_consent_for_nobody_is_refused(consent: object, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_list(["fabrikam.com"], None, "Forced TLS", None, consent)
    assert said in caught.value.problems[1]


def test_a_time_of_the_run_that_is_none() -> None:
    with pytest.raises(InputError) as caught:
        read_list(["a b"], None, "Forced TLS", "noon")
    assert [problem.split(" ")[0] for problem in caught.value.problems[1:]] == ["The", "Partner"]


def test_what_the_probe_saw_and_what_it_has_not_seen_yet_reach_the_check() -> None:
    table = {"file": "p.csv", "text": "domains,level\na.com,domain_validation\n"}
    with pytest.raises(InputError) as caught:
        read_list(table, None, "Forced TLS", None, candidates={"a.com": ["mx.a.com"]})
    assert caught.value.problems[1] == (
        "Line 2 (a.com): level is domain_validation, but certificate_name is missing; the certificates of its servers"
        " all carry mx.a.com: give the one that the partner names."
    )
    assert read_list(table, None, "Forced TLS", None, lenient_names=True).partners


# -- how many ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "number"), [(1, 1), (50, 50), ("50", 50), (" 7 ", 7)])
def test_a_number_from_one_on(value: object, number: int) -> None:
    assert count(value) == number


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "'0' is too small; write a whole number from 1 on"),
        ("0", "'0' is too small"),
        (-3, "'-3' is too small"),
        ("-3", "'-3' is a text; write a whole number from 1 on"),
        ("\u0661", "is a text"),
        ("9" * 5000, "is a text"),
        (1.5, "'1.5' is a number; write a whole number"),
        (True, "'True' is true or false"),
        (None, "'None' is empty"),
        ([1], "'[1]' is a list"),
    ],
)
def test_a_number_that_is_none(value: object, said: str) -> None:
    with pytest.raises(Wrong) as caught:
        count(value)
    assert said in caught.value.problems[0]

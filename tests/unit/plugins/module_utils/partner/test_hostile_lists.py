# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts in partner lists that would be something else elsewhere: templates, formulas, and what a terminal acts on."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import (
    ExchangeError,
    InputError,
    printable,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.document import read_yaml
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gather_text import text_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.table import read_table
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.partner.test_gather import (
    gathered,
    pair,
)

#: Texts that mean more than they say where nobody takes care.
TEMPTING = ["{{ 7*7 }}", "{% raw %}", "{#", "=1+1", "+1", "-1", "@SUM(A1)", "'=1", '"', "'"]
TEMPTING += ["!unsafe x", "- a", "a: b", "#x"]
TEXT = st.sampled_from(TEMPTING) | st.text(alphabet="{}%#=+-@'\"!:;,\\ ab", min_size=1)


@given(TEXT, TEXT)
def test_what_a_spreadsheet_holds_is_read_as_it_stands(name: str, reference: str) -> None:
    """Nothing is put in front of cells here: what is read is what was written, also what would be a formula."""
    name, reference = " ".join(name.split()), " ".join(reference.split())
    assume(name)
    written = io.StringIO()
    csv.writer(written).writerows([["name", "domains", "reference"], [name, "a.test", reference]])
    (partner,) = check_partners(read_table(written.getvalue()))
    assert (partner.name, partner.reference) == (name, reference)


@pytest.mark.parametrize("text", TEMPTING)
def test_a_gathered_list_says_of_templates_that_they_are_none(text: str) -> None:
    exchange = Exchange()
    pair(exchange, text, "a.test")
    written = text_of(gathered(exchange), None, "today")
    (partner,) = check_partners(read_yaml(written))
    assert (partner.outbound.adopt, partner.inbound.adopt) == (f"{text} out", f"{text} in")
    marked = [line for line in written.splitlines() if any(mark in line for mark in ("{{", "{%", "{#"))]
    assert [line for line in marked if "adopt: !unsafe '" not in line] == []


@pytest.mark.parametrize("mark", ["\u202e", "\u2066", "\x1b", "\x9b", "\ud800"])
def test_a_name_holds_nothing_that_makes_it_read_otherwise(mark: str) -> None:
    with pytest.raises(InputError, match="name holds a character that cannot be printed; remove it") as refused:
        check_partners([{"name": f"Contoso{mark}x", "domains": ["a.test"]}])
    assert refused.value.message.isprintable()


def test_names_in_scripts_that_join_letters_are_taken() -> None:
    (partner,) = check_partners([{"name": "\u0645\u06cc\u200c\u062e", "domains": ["a.test"]}])
    assert partner.name == "\u0645\u06cc\u200c\u062e"


@given(st.text())
def test_a_message_is_only_read(text: str) -> None:
    for problem in (ExchangeError("internal", text), InputError([text, "and this."])):
        assert problem.message.isprintable()
        assert str(problem.as_result()["message"]) == problem.message
    if text.isprintable():
        assert printable(text) == text

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of connectors: never too long, never the same for two partners, always the same for one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import DIRECTIONS
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import (
    LONGEST_PREFIX,
    connector_name,
    prefix_problem,
)

LONG = "Northwind Traders International Wholesale and Logistics Holding"
PARTS = st.integers(min_value=1, max_value=99)
PREFIXES = st.text(min_size=1, max_size=LONGEST_PREFIX).filter(lambda text: prefix_problem(text) is None)


@st.composite
def partner_names(draw: st.DrawFn) -> str:
    """Names as they leave the check, many of them near each other or like the names we make ourselves."""
    stem = draw(st.sampled_from(["Contoso", LONG, LONG[:50], "x", "STRASSE", "Straße"]) | st.text(max_size=90))
    ending = draw(st.sampled_from(["", " (2)", " (3)", " ~0123456789", "~ﬀ12345678", " Ltd", LONG]))
    name = " ".join(f"{stem}{ending}".split())
    assume(name and name.isprintable())
    return check_partners([{"name": name, "domains": ["contoso.com"]}])[0].name


def test_the_name_says_what_the_connector_is_for() -> None:
    assert connector_name("Forced TLS", "outbound", "Contoso") == "Forced TLS to Contoso"
    assert connector_name("Forced TLS", "inbound", "Contoso") == "Forced TLS from Contoso"
    assert connector_name("Forced TLS", "inbound", "Contoso", 2) == "Forced TLS from Contoso (2)"


def test_names_that_stand_in_tenants_stay_as_they_are() -> None:
    """A change of these is a change of every user's connectors."""
    assert connector_name("Forced TLS", "outbound", LONG) == (
        "Forced TLS to Northwind Traders International Wholes ~2627a8f3b7"
    )
    assert connector_name("Forced TLS", "inbound", LONG, 2) == (
        "Forced TLS from Northwind Traders International ~2627a8f3b7 (2)"
    )
    assert connector_name("Forced TLS", "inbound", "Contoso (2)") == "Forced TLS from Contoso (2) ~3f0d2781d6"


@given(prefix=PREFIXES, name=partner_names(), part=PARTS, direction=st.sampled_from(DIRECTIONS))
def test_a_name_is_never_longer_than_exchange_takes(prefix: str, name: str, part: int, direction: str) -> None:
    made = connector_name(prefix, direction, name, part)  # type: ignore[arg-type]
    assert len(made) <= 64
    assert made == made.strip()
    assert made.startswith(prefix)


@given(
    prefix=PREFIXES,
    one=st.tuples(partner_names(), PARTS),
    other=st.tuples(partner_names(), PARTS),
    direction=st.sampled_from(DIRECTIONS),
)
@example(prefix="p", one=("Contoso", 2), other=("Contoso (2)", 1), direction="inbound")
@example(prefix="p", one=(LONG + "a", 1), other=(LONG + "b", 1), direction="inbound")
@example(prefix="p", one=("STRASSE" + LONG, 1), other=("Straße" + LONG, 1), direction="outbound")
def test_two_partners_or_parts_never_share_a_name(
    prefix: str, one: tuple[str, int], other: tuple[str, int], direction: str
) -> None:
    same = (one[0].casefold(), one[1]) == (other[0].casefold(), other[1])
    made = [connector_name(prefix, direction, *pair).casefold() for pair in (one, other)]  # type: ignore[arg-type]
    assert (made[0] == made[1]) is same


@pytest.mark.parametrize("change", [str, str.upper, str.title])
def test_a_name_that_pretends_to_be_a_cut_one(change: Callable[[str], str]) -> None:
    made = connector_name("Forced TLS", "outbound", LONG)
    pretended = change(made.removeprefix("Forced TLS to "))
    assert connector_name("Forced TLS", "outbound", pretended).casefold() != made.casefold()


@pytest.mark.parametrize("prefix", ["", " Forced", "Forced ", "For\nced", "x" * 33])
def test_a_prefix_that_is_refused(prefix: str) -> None:
    problem = prefix_problem(prefix)
    assert problem is not None
    assert "; choose" in problem or "; use" in problem


def test_a_prefix_that_is_taken() -> None:
    assert prefix_problem("x" * 32) is None

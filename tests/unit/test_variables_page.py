# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reference of the role's variables is what its argument specification says."""

from __future__ import annotations

import re
import typing as t

import pytest
import yaml

from ansible_collections.mailflow.exchange_online.tests.tools import variables


def spec(description: str | list[str], **options: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"main": {"short_description": "Do it", "description": description, "options": options}}


def test_the_page_is_that_of_the_specification() -> None:
    """``make docs`` writes it."""
    page = variables.PAGE.read_text(encoding="utf-8")
    assert page == variables.render()
    specs = yaml.safe_load(variables.SPECS.read_text(encoding="utf-8"))["argument_specs"]
    named = {name for entry in specs.values() for name in entry.get("options") or {}}
    assert len(named) > 25
    headings = re.findall(r"^(\S+)\n([-~^\"])\2+$", page, flags=re.MULTILINE)
    assert named <= {title for title, line in headings}
    assert "forced_tls_defaults.outbound.certificate_name" in {title for title, line in headings}


def test_markup_becomes_text() -> None:
    said = (
        "See O(a), O(a=x y), V([]), C(b *), E(HOME), M(ns.col.mod), P(ns.col.fil#filter), RV(ret), B(bold), I(it),"
        " L(a page,https://example.com/a), and a_b_ * c; O(ns.col.mod#module:opt) is a module's."
    )
    page = variables.page(spec([said], a={"description": "It."}))
    expected = (
        r"See a_, a_: ``x y``, ``[]``, ``b *``, ``HOME``, :ansplugin:`ns.col.mod#module`,"
        r" :ansplugin:`ns.col.fil#filter`, ``ret``, **bold**, *it*,"
        r" `a page <https://example.com/a>`__, and a_b\_ \* c; ``opt`` is a module's."
    )
    assert expected in " ".join(page.split())


def test_types_defaults_and_keys_below() -> None:
    below = {"b": {"type": "str", "required": True, "description": ["One.", "Two."]}}
    shown = variables.page(
        spec(
            "All of it.",
            a={
                "type": "list",
                "elements": "str",
                "choices": ["x", "y"],
                "default": ["x"],
                "description": "O(c.b) tells.",
            },
            c={"type": "dict", "default": "", "description": "It.", "options": below},
        )
    )
    assert '*list of str*; default: ``["x"]``; one of ``x``, ``y``\n\n`c.b`_ tells.\n' in shown
    assert '*dict*; default: ``""``\n' in shown
    assert "\nc.b\n^^^\n\n*str*; **required**\n\nOne.\n\nTwo.\n" in shown


def test_a_variable_of_two_entry_points_is_explained_once() -> None:
    whole = spec("All. Not O(d).", a={"description": "It."})
    other = {"short_description": "Only that", "options": {"a": {"description": "It."}, "d": {"description": "That."}}}
    page = variables.page({**whole, "back": other})
    assert page.count("\na\n~\n") == 1
    assert page.count("\nd\n~\n") == 1
    assert "\nAll. Not d_.\n" in page
    assert "tasks_from: back\n----------------\n\nOnly that.\n" in page
    assert page.endswith("It takes these too: a_.\n")


def test_a_variable_that_is_not_there_is_not_spoken_of() -> None:
    with pytest.raises(ValueError, match="has no variable 'forced_tls_gone', which it speaks of"):
        variables.page(spec("As O(forced_tls_gone) says.", a={"description": "It."}))
    with pytest.raises(ValueError, match="Cannot find closing"):
        variables.page(spec("As O(a", a={"description": "It."}))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a filter returns of what others have written is never a template, whatever mark it came with."""

from __future__ import annotations

import ansible.template
import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.utils.unsafe_proxy import AnsibleUnsafe, wrap_var

from ansible_collections.mailflow.exchange_online.plugins.filter.partner_outcomes import partner_outcomes
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils import _untrusted
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._untrusted import untrusted

#: A template: before 2.19 any text may be one, since then the ones with a mark.
TEXT = getattr(ansible.template, "trust_as_template", str)("{{ 'ren' ~ 'dered' }}")


def test_nothing_in_it_is_rendered() -> None:
    templar = Templar(DataLoader(), variables={})
    assert templar.template([TEXT]) == ["rendered"]
    found = untrusted({"names": [TEXT, {TEXT: TEXT}], "count": 3})
    assert found == {"names": [str(TEXT), {str(TEXT): str(TEXT)}], "count": 3}
    assert templar.template(found) == found


def test_cores_that_mark_what_is_no_template_get_that_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    marked: list[object] = []
    monkeypatch.setattr(_untrusted, "wrap_var", lambda value: marked.append(value) or value)
    monkeypatch.setattr(_untrusted, "_PLAIN_IS_NONE", False)
    assert untrusted(["text"]) == ["text"]
    assert marked == [["text"]]


def test_this_core_tells_which_it_does() -> None:
    assert isinstance(wrap_var("text"), AnsibleUnsafe) is not _untrusted._PLAIN_IS_NONE


def test_what_became_of_connectors_is_told_without_being_rendered() -> None:
    outcome = {"name": TEXT, "direction": "outbound", "action": "none", "changes": [], "weakens": False}
    result = {"connectors": [{**outcome, "status": "unchanged", "error": None}], "summary": {}, "requests": 1}
    plan = {"plan_id": "p", "summary": {"partners": 1}, "partners": [], "connectors": [], "changes": [], "refused": []}
    told = partner_outcomes([result], plan)
    assert told["connectors"][0]["name"] == str(TEXT)
    assert Templar(DataLoader(), variables={}).template(told) == told

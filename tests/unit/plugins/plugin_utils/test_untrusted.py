# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a filter returns of what others have written is never a template, whatever mark it came with."""

from __future__ import annotations

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, is_trusted_as_template, trust_as_template
from ansible.utils.unsafe_proxy import AnsibleUnsafe, wrap_var

from ansible_collections.mailflow.exchange_online.plugins.plugin_utils import _untrusted
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._untrusted import untrusted

TEXT = trust_as_template("{{ lookup('pipe', 'id') }}")


def test_nothing_in_it_is_rendered() -> None:
    found = untrusted({"names": [TEXT, {TEXT: TEXT}], "count": 3})
    assert found == {"names": [str(TEXT), {str(TEXT): str(TEXT)}], "count": 3}
    assert Templar(DataLoader(), variables={}).template(found) == found
    assert is_trusted_as_template(TEXT)
    assert not any(is_trusted_as_template(text) for text in (found["names"][0], *found["names"][1].values()))


def test_cores_that_mark_what_is_no_template_get_that_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    marked: list[object] = []
    monkeypatch.setattr(_untrusted, "wrap_var", lambda value: marked.append(value) or value)
    monkeypatch.setattr(_untrusted, "_PLAIN_IS_NONE", False)
    assert untrusted(["text"]) == ["text"]
    assert marked == [["text"]]


def test_this_core_tells_which_it_does() -> None:
    assert isinstance(wrap_var("text"), AnsibleUnsafe) is not _untrusted._PLAIN_IS_NONE

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets are masked as Ansible masks them."""

from __future__ import annotations

import datetime

import pytest
from ansible.module_utils.common.parameters import remove_values
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.plugin_utils import _masking
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._masking import masked

#: Few letters, so that what is looked for is often there; and those that JSON writes in another way.
TEXTS = st.text(alphabet='aT1.-"\\/\n\té\u2028\x7f', max_size=4)
LEAVES = st.none() | st.booleans() | st.integers(-200, 200) | st.floats(allow_nan=True) | TEXTS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4))


def same(one: object, other: object) -> bool:
    """Whether they are equal; NaN equals itself, and 1 is not True."""
    return repr(one) == repr(other)


@given(value=VALUES, secrets=st.sets(TEXTS, max_size=3))
def test_it_is_what_ansible_makes_of_it(value: object, secrets: set[str]) -> None:
    assert same(masked(value, secrets), remove_values(value, secrets))


@pytest.mark.parametrize("secret", ['pass"word', "back\\slash", "new\nline", "naïve", "\u2028", "7391"])
def test_a_secret_is_found_wherever_it_stands(secret: str) -> None:
    value = {"a": [f"before {secret} after", {"b": secret}], "number": 17391}
    assert secret not in repr(list(masked(value, {secret}).values()))


def test_what_json_does_not_know_is_left_to_ansible() -> None:
    value = {"when": datetime.date(2026, 11, 26), "text": "secret"}
    found = masked(value, {"secret"})
    assert found == remove_values(value, {"secret"})
    assert found["text"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def test_a_result_without_secrets_is_not_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_masking, "remove_values", None)
    value = {"connectors": [{"name": "Forced TLS", "changes": []}]}
    assert masked(value, {"canary"}) is value

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quick check of arguments finds what Ansible's own check finds."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.programs import CONNECTORS
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.program import TLS_VALIDATION
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils import _entries

SIGN_IN = {"tenant_id": "contoso.example", "client_secret": "hidden"}
ENTRY = {"name": "Forced TLS", "direction": "outbound", "enabled": True, "recipient_domains": ["fabrikam.com"]}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 1),
    st.sampled_from(["yes", "no", "inbound", "absent", "opportunistic", "a,b", "", "1"]),
    st.lists(st.one_of(st.text(max_size=3), st.integers(), st.none(), st.booleans()), max_size=2),
    st.just({"a": "b"}),
)


@st.composite
def entries(draw: st.DrawFn, options: t.Sequence[str]) -> list[t.Any]:
    keys = st.sampled_from([*options, "not_an_option"])
    strange = draw(st.lists(st.dictionaries(keys, VALUES, max_size=2), min_size=1, max_size=3))
    listed: list[t.Any] = [{**ENTRY, **one} for one in strange]
    if draw(st.booleans()):
        listed[0].pop("name")
    return [*listed, draw(VALUES)] if draw(st.booleans()) else listed


def outcome(result: t.Any) -> tuple[t.Any, ...]:
    return (
        None if result.error_messages else result.validated_parameters,
        result.error_messages,
        result._no_log_values,
        result.unsupported_parameters,
        result._warnings,
        result._deprecations,
    )


def judged(program: t.Any, values: dict[str, t.Any]) -> tuple[tuple[t.Any, ...], tuple[t.Any, ...]]:
    """What comes out of the quick check, and of Ansible's own."""
    spec = program.spec.kwargs
    own = outcome(ArgumentSpecValidator(**spec()).validate(copy.deepcopy(values)))
    return outcome(_entries.validate(spec(), values)), own


@given(entries(list(CONNECTORS.spec.options["connectors"]["options"])))
def test_any_list_of_connectors_is_judged_as_ansible_does(listed: list[t.Any]) -> None:
    before = copy.deepcopy(listed)
    quick, own = judged(CONNECTORS, {**SIGN_IN, "connectors": listed})
    assert quick == own
    assert listed == before


@pytest.mark.parametrize("listed", [[], [ENTRY], [ENTRY, {**ENTRY, "state": "absent"}], "text", None, [{}], ENTRY])
def test_lists_of_all_kinds(listed: object) -> None:
    quick, own = judged(CONNECTORS, {**SIGN_IN, "connectors": listed})
    assert quick == own


@pytest.mark.parametrize(
    "strange",
    [
        {"direction": "sideways"},
        {"tls_settings": "strict"},
        {"enabled": 1},
        {"recipient_domains": ["fabrikam.com", 5]},
        {"recipient_domains": "fabrikam.com"},
        {"comment": None},
        {"not_an_option": "a"},
    ],
)
def test_one_strange_entry_among_others_is_found(strange: dict[str, t.Any]) -> None:
    quick, own = judged(CONNECTORS, {**SIGN_IN, "connectors": [ENTRY, {**ENTRY, **strange}, ENTRY]})
    assert quick == own


def test_another_module() -> None:
    values = {**SIGN_IN, "connectors": [{"name": "Forced TLS", "recipients": ["a@fabrikam.com"]}]}
    quick, own = judged(TLS_VALIDATION, values)
    assert quick == own


def test_an_entry_in_order_is_not_shown_to_ansible(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[t.Any] = []

    class Watched(ArgumentSpecValidator):  # type: ignore[misc]
        def validate(self, parameters: t.Any, *args: t.Any, **kwargs: t.Any) -> t.Any:
            shown.append(parameters["connectors"])
            return super().validate(parameters, *args, **kwargs)

    monkeypatch.setattr(_entries, "ArgumentSpecValidator", Watched)
    _entries.validate(CONNECTORS.spec.kwargs(), {**SIGN_IN, "connectors": [ENTRY]})
    _entries.validate(CONNECTORS.spec.kwargs(), {**SIGN_IN, "connectors": [{**ENTRY, "enabled": "yes"}]})
    assert shown == [[], [{**ENTRY, "enabled": "yes"}]]

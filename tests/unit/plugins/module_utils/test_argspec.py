# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _deps, _libraries
from ansible_collections.mailflow.exchange_online.plugins.module_utils._argspec import (
    ENVIRONMENT,
    LIMITS,
    ArgumentSpec,
    auth_spec,
    connection_spec,
    exchange_spec,
    limit_problems,
)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for names in ENVIRONMENT.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)


def validated(**parameters: object) -> dict[str, t.Any]:
    result = ArgumentSpecValidator(**exchange_spec().kwargs()).validate(parameters)
    assert result.error_messages == []
    return dict(result.validated_parameters)


def test_merging_keeps_options_and_relations_of_both() -> None:
    first = ArgumentSpec({"a": {}}, mutually_exclusive=[("a", "b")], required_by={"a": ("b",)})
    second = ArgumentSpec({"b": {}}, required_if=[("b", 1, ("a",))], required_one_of=[("a", "b")])
    assert (first | second).kwargs() == {
        "argument_spec": {"a": {}, "b": {}},
        "mutually_exclusive": [["a", "b"]],
        "required_together": [],
        "required_one_of": [["a", "b"]],
        "required_if": [["b", 1, ("a",)]],
        "required_by": {"a": ["b"]},
    }
    assert first.merge(second, ArgumentSpec({"c": {}})).options.keys() == {"a", "b", "c"}


def test_an_option_defined_twice_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="a"):
        ArgumentSpec({"a": {}}) | ArgumentSpec({"a": {}})


def test_what_ansible_does_to_the_arguments_stays_outside() -> None:
    spec = exchange_spec()
    spec.kwargs()["argument_spec"]["cloud"]["default"] = "moon"
    assert spec.options["cloud"]["default"] == "worldwide"


def test_defaults() -> None:
    found = validated()
    assert {name: found[name] for name in connection_spec().options} == {
        "cloud": "worldwide",
        "api_url": None,
        "authority_url": None,
        "ca_path": None,
        "validate_certs": True,
        "timeout": 60,
        "retries": 5,
        "concurrency": 4,
        "batch_size": 1,
    }
    assert found["auth_method"] == "auto"
    assert all(found[name] is None for name in auth_spec().options if name != "auth_method")


VALUES = {
    "cloud": ("china", "china"),
    "auth_method": ("certificate", "certificate"),
    "validate_certs": ("no", False),
    "timeout": ("7", 7),
    "retries": ("2", 2),
    "concurrency": ("3", 3),
    "batch_size": ("10", 10),
}


@pytest.mark.parametrize(("option", "names"), ENVIRONMENT.items())
def test_the_environment_stands_in_and_its_texts_are_converted(
    option: str, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    text, value = VALUES.get(option, (f"value-of-{option}", f"value-of-{option}"))
    for name in reversed(names):
        monkeypatch.setenv(name, text if name == names[0] else "shadowed")
    assert validated()[option] == value


def test_later_names_stand_in_for_earlier_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for option, names in ENVIRONMENT.items():
        if len(names) > 1:
            monkeypatch.setenv(names[-1], f"last-{option}")
    found = validated()
    assert found["client_secret"] == "last-client_secret"
    assert found["tenant_id"] == "last-tenant_id"


def test_an_option_beats_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXO_TENANT_ID", "other")
    assert validated(tenant_id="mine")["tenant_id"] == "mine"


def test_every_option_has_an_environment_variable() -> None:
    assert set(exchange_spec().options) == set(ENVIRONMENT)


@pytest.mark.parametrize(("option", "limits"), LIMITS.items())
def test_numbers_out_of_range_are_named(option: str, limits: tuple[int, int]) -> None:
    least, most = limits
    assert limit_problems({option: least}) == limit_problems({option: most}) == []
    for value in (least - 1, most + 1):
        (problem,) = limit_problems({option: value})
        assert problem == f"{option}: {value} is out of range; give {least} to {most}."


def test_a_ready_token_needs_no_sign_in_library() -> None:
    assert _deps.needed({"access_token": "x", "auth_method": "auto"}) == ("requests",)
    assert _deps.needed({"access_token": "x", "auth_method": "client_secret"}) == ("msal", "requests")


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ({"msal": "1.33.0", "requests": "2.31.0"}, None),
        ({"msal": "1.40", "requests": ""}, None),
        ({"msal": None, "requests": "2.32"}, "library msal 1.33 or newer (not found)"),
        ({"msal": "1.9.0", "requests": "2.32"}, "library msal 1.33 or newer (found 1.9.0)"),
        ({"msal": None, "requests": "2.4"}, "libraries msal 1.33 or newer (not found) and requests 2.31 or newer"),
    ],
)
def test_missing_libraries_are_named_with_the_remedy(versions: dict[str, str | None], expected: str | None) -> None:
    sentence = _deps.missing({}, versions.get)
    if expected is None:
        assert sentence is None
    else:
        assert sentence is not None
        assert expected in sentence
        assert "-m pip install 'msal>=1.33'" in sentence


def test_the_installed_libraries_are_found() -> None:
    assert _deps.missing({}) is None
    assert _libraries.installed("no_such_library") is None

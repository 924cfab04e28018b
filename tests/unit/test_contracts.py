# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same facts in the field table, the argument specs and the documentation."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _argspec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import fields, model, options
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.options import (
    qualification_options,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.options import probe_options
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.options import validation_options
from ansible_collections.mailflow.exchange_online.tests.unit.sources import imported_names

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMESPACE = "mailflow.exchange_online"
#: All options of each module, those of sign-in and connection included.
SPECS: dict[str, t.Mapping[str, t.Any]] = {
    "connector": {**_argspec.exchange_spec().options, **options.connector_options()},
    "connectors": {**_argspec.exchange_spec().options, **options.list_options()},
    "connector_info": {**_argspec.exchange_spec().options, **options.info_options()},
    "exchange_qualification": {**_argspec.exchange_spec().options, **qualification_options()},
    "partner_tls_info": probe_options(),
    "tls_validation": {**_argspec.exchange_spec().options, **validation_options()},
}
EXCHANGE = [module for module, spec in SPECS.items() if "tenant_id" in spec]
KEYS = ("type", "elements", "choices", "default", "required")
DEFAULTS = {"type": "str", "required": False}


@pytest.fixture(scope="module")
def documented() -> dict[str, dict[str, t.Any]]:
    """What ansible-doc says of the modules, fragments merged."""
    command = pathlib.Path(sys.executable).with_name("ansible-doc")
    done = subprocess.run(
        [str(command), "--json", *(f"{NAMESPACE}.{module}" for module in SPECS)],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections")},
    )
    return {name.removeprefix(f"{NAMESPACE}."): doc for name, doc in json.loads(done.stdout).items()}


def facts(option: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What the spec and the documentation must agree on."""
    return {key: option.get(key, DEFAULTS.get(key)) for key in KEYS}


def assert_same(spec: t.Mapping[str, t.Any], docs: t.Mapping[str, t.Any]) -> None:
    """Compare options, and the suboptions below them."""
    assert set(spec) == set(docs)
    for name, option in spec.items():
        assert facts(option) == facts(docs[name]), name
        assert docs[name]["description"], name
        if "options" in option or "suboptions" in docs[name]:
            assert_same(option["options"], docs[name]["suboptions"])


@pytest.mark.parametrize("module", SPECS)
def test_documentation_is_the_argument_spec(module: str, documented: dict[str, dict[str, t.Any]]) -> None:
    assert_same(SPECS[module], documented[module]["doc"]["options"])


@pytest.mark.parametrize("module", EXCHANGE)
def test_each_environment_variable_is_documented(module: str, documented: dict[str, dict[str, t.Any]]) -> None:
    described = documented[module]["doc"]["options"]
    for option, names in _argspec.ENVIRONMENT.items():
        text = json.dumps(described[option])
        assert re.findall(r"E\(([A-Z_]+)\)", text) == list(names), option


@pytest.mark.parametrize("module", SPECS)
def test_modules_declare_what_they_support(module: str, documented: dict[str, dict[str, t.Any]]) -> None:
    attributes = documented[module]["doc"]["attributes"]
    assert attributes["check_mode"]["support"] == "full"
    group = [f"{NAMESPACE}.exchange"] if module in EXCHANGE else None
    assert attributes.get("action_group", {}).get("membership") == group


@pytest.mark.parametrize("module", SPECS)
def test_return_keys_can_be_reached_from_jinja(module: str, documented: dict[str, dict[str, t.Any]]) -> None:
    forbidden = {name for kind in (dict, list) for name in dir(kind)}

    def walk(keys: t.Mapping[str, t.Any]) -> None:
        for key, value in keys.items():
            assert key.isidentifier()
            assert key not in forbidden
            walk(value.get("contains", {}))

    walk(documented[module]["return"])


def test_field_table_is_the_options_of_a_connector() -> None:
    connector = options.connector_options()
    assert set(connector) == {"name", "direction", "state"} | {field.option for field in fields.FIELDS}
    entry = dict(options.list_options()["connectors"]["options"])
    assert entry.pop("allow_weaken") == options.list_options()["allow_weaken"]  # the consent for one
    assert entry.pop("owner") == options.list_options()["owner"]  # the mark of one
    assert entry.pop("allow_weaken_from") == {"type": "str"}  # what it was given for
    assert entry == connector


def test_no_setting_is_listed_twice() -> None:
    names = [field.option for field in fields.FIELDS]
    assert len(names) == len(set(names))
    for direction in model.DIRECTIONS:
        parameters = [field.parameter for field in fields.fields_of(direction)]
        assert len(parameters) == len(set(parameters))


def test_only_secrets_are_hidden() -> None:
    """Masking works by substring: a hidden identifier would blacken results."""
    hidden = {name for name, option in _argspec.exchange_spec().options.items() if option.get("no_log")}
    assert hidden == {"client_secret", "certificate_passphrase", "access_token"}


def payload(module: str) -> set[str]:
    """The module_utils files that Ansible ships with a module: it follows every import, wherever it stands."""
    prefix = f"ansible_collections.{NAMESPACE}.plugins.module_utils."
    found: set[str] = set()
    waiting = [ROOT / "plugins" / "modules" / f"{module}.py"]
    while waiting:
        for name in imported_names(waiting.pop().read_text(encoding="utf-8")):
            path = ROOT / "plugins" / "module_utils" / f"{name.removeprefix(prefix).replace('.', '/')}.py"
            if name.startswith(prefix) and path.is_file() and (known := str(path.relative_to(ROOT))) not in found:
                found.add(known)
                waiting.append(path)
    return found


@pytest.mark.parametrize("module", EXCHANGE)
def test_connector_modules_do_not_carry_the_probe(module: str) -> None:
    carried = payload(module)
    assert "plugins/module_utils/_client.py" in carried
    assert {path for path in carried if "/_tls/" in path or "/_partner/" in path} == set()


def test_the_probe_carries_nothing_that_talks_to_exchange() -> None:
    carried = payload("partner_tls_info")
    assert "plugins/module_utils/_tls/probe.py" in carried
    own = {path for path in carried if "/_tls/" not in path}
    assert own == {
        f"plugins/module_utils/{name}.py"
        for name in (
            *("_argspec", "_clouds", "_connector/normal", "_errors", "_libraries", "_module", "_program", "_progress"),
            "_result",
        )
    }

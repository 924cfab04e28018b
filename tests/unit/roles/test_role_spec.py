# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role says the same thing in its argument specification, defaults, README, code and module."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
import yaml

from ansible_collections.mailflow.exchange_online.plugins.module_utils._argspec import ENVIRONMENT
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import BY_OPTION
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.options import list_options
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.entry import KEYS, OWN_KEYS
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import LEVELS, STATES, Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import DEFAULT_PREFIX
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.options import validation_options

COLLECTION = pathlib.Path(__file__).parents[3]
ROLE = COLLECTION / "roles" / "forced_tls"


def read_yaml(path: pathlib.Path) -> t.Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def readme_table(first_column: str) -> dict[str, list[str]]:
    """The rows of the README's table with this heading: the name in the first cell -> the other cells."""
    text = (ROLE / "README.md").read_text(encoding="utf-8")
    (_before, body) = text.split(f"| {first_column} |", 1)
    rows = [line for line in body.split("\n\n")[0].splitlines()[2:] if line.startswith("|")]
    cells = [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]
    return {name: others for name, *others in cells}


SPEC = read_yaml(ROLE / "meta" / "argument_specs.yml")["argument_specs"]["main"]
OPTIONS: dict[str, dict[str, t.Any]] = SPEC["options"]
DEFAULTS: dict[str, t.Any] = read_yaml(ROLE / "defaults" / "main.yml")


def flat(options: t.Mapping[str, t.Any], before: str = "") -> dict[str, dict[str, t.Any]]:
    found: dict[str, dict[str, t.Any]] = {}
    for name, option in options.items():
        found |= flat(option["options"], f"{before}{name}.") if "options" in option else {f"{before}{name}": option}
    return found


def test_every_input_has_the_default_that_the_specification_tells() -> None:
    assert {name: option["default"] for name, option in OPTIONS.items() if "default" in option} == DEFAULTS


def test_every_input_stands_once_in_the_defaults_file() -> None:
    text = (ROLE / "defaults" / "main.yml").read_text(encoding="utf-8")
    named = re.findall(r"^(?:# )?(forced_tls_\w+):", text, flags=re.MULTILINE)
    assert sorted(named) == sorted(OPTIONS)


def test_the_readme_tells_every_input_with_type_and_default() -> None:
    told = readme_table("Variable")
    assert told.keys() == OPTIONS.keys()
    for name, option in OPTIONS.items():
        stated_type, stated_default, _meaning = told[name]
        assert stated_type == option["type"], name
        if option.get("required"):
            assert stated_default == "required", name
        else:
            assert yaml.safe_load(stated_default or "null") == option.get("default"), name


def test_the_readme_tells_every_key_of_an_entry() -> None:
    assert list(readme_table("Key")) == list(KEYS)


def test_the_defaults_have_every_key_that_partners_can_share() -> None:
    assert list(flat(OPTIONS["forced_tls_defaults"]["options"])) == [key for key in KEYS if key not in OWN_KEYS]


def test_the_readme_tells_the_built_in_defaults() -> None:
    told = readme_table("Key")
    (partner,) = check_partners(["contoso.com"])
    assert told["state"][0] == partner.state == Partner(name="", domains=()).state
    assert told["outbound.level"][0] == partner.outbound.level
    assert DEFAULTS["forced_tls_name_prefix"] == DEFAULT_PREFIX


def test_the_choices_are_those_of_the_code() -> None:
    options = flat(OPTIONS["forced_tls_defaults"]["options"])
    assert options["state"]["choices"] == list(STATES)
    assert options["outbound.level"]["choices"] == list(LEVELS)
    for mode in ("smtp_dane_mode", "mta_sts_mode"):
        assert options[f"outbound.{mode}"]["choices"] == list(BY_OPTION[mode].kind.argument["choices"])


@pytest.mark.parametrize("key", [key for key in KEYS if key not in OWN_KEYS])
def test_what_the_specification_takes_as_a_list_the_code_takes_as_one(key: str) -> None:
    option = flat(OPTIONS["forced_tls_defaults"]["options"])[key]
    sample = {
        "outbound.smart_hosts": ["mail.contoso.com"],
        "outbound.validation_recipients": ["postmaster@contoso.com"],
        "inbound.ip_addresses": ["192.0.2.1"],
    }.get(key)
    assert (option["type"] == "list") is (sample is not None)
    if sample is not None:
        assert KEYS[key](sample) == tuple(sample)


@pytest.mark.parametrize(
    ("variable", "option"),
    [("forced_tls_prune", "prune"), ("forced_tls_prune_limit", "prune_limit"), ("forced_tls_owner", "owner")],
)
def test_what_is_handed_to_the_module_is_what_the_module_has(variable: str, option: str) -> None:
    of_module = list_options()[option]
    assert OPTIONS[variable]["type"] == of_module.get("type", "str")
    if of_module.get("default") is not None:
        assert OPTIONS[variable]["default"] == of_module["default"]


@pytest.mark.parametrize("playbook", ["provision", "validate"])
def test_the_playbooks_hand_over_every_option_of_the_connection(playbook: str) -> None:
    (play,) = read_yaml(COLLECTION / "playbooks" / f"{playbook}.yml")
    assert play["module_defaults"] == {"group/mailflow.exchange_online.exchange": "{{ exo_module_defaults }}"}
    assert play["vars_files"] == ["vars/sign_in.yml"]
    handed = read_yaml(COLLECTION / "playbooks" / "vars" / "sign_in.yml")["exo_module_defaults"]
    assert handed == {option: f"{{{{ exo_{option} | default(omit) }}}}" for option in ENVIRONMENT}


def test_the_validation_is_as_old_as_the_module_has_it() -> None:
    assert OPTIONS["forced_tls_validation_max_age"]["default"] == validation_options()["max_age"]["default"]

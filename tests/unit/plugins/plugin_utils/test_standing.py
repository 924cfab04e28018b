# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an argument is worth: the same as Ansible's own rendering, without it where nothing is to be rendered."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ansible_collections.mailflow.exchange_online.plugins.module_utils._plain import plain
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils import _standing
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._standing import (
    as_it_stands,
    handed,
    plain_arguments,
)

PLAIN = [{"name": "Forced TLS", "recipient_domains": ["fabrikam.com"], "enabled": True, "limit": 3}, None, 1.5, "text"]
VARIABLES: dict[str, t.Any] = {
    "plain": PLAIN,
    "named": [{"name": trust_as_template("{{ company }} to {{ partner }}")}],
    "company": "Contoso",
    "partner": "Fabrikam",
    "computed": [trust_as_template("{% if true %}yes{% endif %}"), trust_as_template("{# nothing #}here")],
    "keyed": [{trust_as_template("{{ company }}"): 1}],
    "foreign": [{"name": "{{ lookup('pipe', 'id') }}"}],
    "dated": [datetime.date(2026, 11, 26)],
    "left_out": [{"name": "a", "comment": trust_as_template("{{ omit }}")}],
    "mapping": {"a": "b"},
    "number": 5,
    "nothing": None,
    "remark": trust_as_template("#jinja2: variable_start_string:'[[', variable_end_string:']]'\n[[ company ]]"),
    "lookalike": "{{ company }}",
    "through": trust_as_template("{{ company }}"),
    "gone": trust_as_template("{{ omit }}"),
    "true": "not the truth value",
}


class Watched:
    """A template engine that tells how often it was asked to render."""

    def __init__(self, variables: dict[str, t.Any]) -> None:
        self._engine = Templar(DataLoader(), variables=variables)._engine
        self.available_variables = self._engine.available_variables
        self.rendered = self.compiled = 0

    def resolve_to_container(self, value: object) -> object:
        self.compiled += 1
        return self._engine.resolve_to_container(value)

    def template(self, value: object) -> object:
        self.rendered += 1
        return self._engine.template(value)


EACH = ["{{ plain }}", "{{ named }}", "{{ computed }}", "{{ keyed }}", "{{ foreign }}", "{{ dated }}", "{{ left_out }}"]
OTHERS = [
    "{{ mapping }}",
    "{{ company }}",
    "to {{ company }}",
    "{{ plain | map('string') | list }}",
    "{{ plain + named }}",
    *("{{ " + name + " }}" for name in ("number", "nothing", "remark", "lookalike", "through", "true")),
    "{{company}}",
    "{{ company}} ",
    "{{ company ~ partner }}",
    "{{ [company] }}",
]


@pytest.mark.parametrize("text", [*EACH, *OTHERS])
def test_the_value_is_the_one_that_ansible_renders(text: str) -> None:
    engine = Watched(VARIABLES)
    assert as_it_stands(trust_as_template(text), engine) == engine.template(trust_as_template(text))


@pytest.mark.parametrize(("text", "rendered"), [("{{ plain }}", 0), ("{{ plain | reverse }}", 0), ("{{ named }}", 1)])
def test_only_a_list_with_a_template_in_it_is_rendered(text: str, rendered: int) -> None:
    engine = Watched(VARIABLES)
    as_it_stands(trust_as_template(text), engine)
    assert engine.rendered == rendered


@pytest.mark.parametrize(
    ("text", "rendered", "compiled"),
    [("{{ plain }}", 0, 0), ("{{company}}", 0, 0), ("{{ through }}", 1, 0), ("{{ ansible_host }}", 0, 1)],
)
def test_no_template_is_compiled_for_the_name_of_a_variable(text: str, rendered: int, compiled: int) -> None:
    """But a fact is Ansible's to hand out: it may warn of that."""
    engine = Watched({**VARIABLES, "ansible_host": "mail.example"})
    as_it_stands(trust_as_template(text), engine)
    assert (engine.rendered, engine.compiled) == (rendered, compiled)


@pytest.mark.parametrize("name", ["plain", "company"])
def test_a_text_that_is_not_trusted_names_no_variable(name: str) -> None:
    """What a module returned, or a filter made, may hold anything."""
    text = "{{ " + name + " }}"
    assert as_it_stands(text, Watched(VARIABLES)) == text


@pytest.mark.parametrize("text", ["{{ gone }}", "{{ not_there }}"])
def test_what_is_not_there_ends_as_in_ansible(text: str) -> None:
    endings = []
    for look in (as_it_stands, lambda value, engine: engine.template(value)):
        with pytest.raises(AnsibleError) as caught:
            look(trust_as_template(text), Watched(VARIABLES))
        endings.append((caught.type, str(caught.value)))
    assert endings[0] == endings[1]


@pytest.mark.parametrize("value", [PLAIN, "text", 5, None, {"a": [1]}])
def test_what_is_no_template_is_left_to_ansible(value: object) -> None:
    engine = Watched({})
    assert as_it_stands(value, engine) == value
    assert engine.rendered == 1


def test_a_foreign_text_stays_a_text() -> None:
    engine = Watched(VARIABLES)
    assert as_it_stands(trust_as_template("{{ foreign }}"), engine) == [{"name": "{{ lookup('pipe', 'id') }}"}]


def test_an_engine_that_resolves_no_containers_is_asked_to_render() -> None:
    class Plain:
        def template(self, value: object) -> object:
            return ["rendered"]

    assert as_it_stands("{{ plain }}", Plain()) == ["rendered"]


def test_arguments_are_plain_values(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Watched(VARIABLES)
    arguments = {
        name: as_it_stands(trust_as_template(text), engine)
        for name, text in {"stands": "{{ plain }}", "rendered": "{{ named }}", "text": "{{ company }}"}.items()
    }
    found = plain_arguments(arguments)
    assert found == {"stands": PLAIN, "rendered": [{"name": "Contoso to Fabrikam"}], "text": "Contoso"}
    kinds = {type(each) for each in leaves(found)}
    assert kinds == {str, bool, int, float, type(None), list, dict}
    monkeypatch.setattr(_standing, "plain", str)
    assert plain_arguments({"stands": arguments["stands"]}) == {"stands": PLAIN}


#: As the role puts together what its report is made from.
TOLD = {
    **{name: trust_as_template("{{ " + name + " }}") for name in VARIABLES if name not in ("dated", "left_out")},
    "plan": trust_as_template("{{ mapping | combine({'partners': plain}) }}"),
    "dates": [datetime.date(2026, 11, 26)],
    "names": ({"name": trust_as_template("{{ company }}")}, trust_as_template("{{ partner }}")),
}


@pytest.mark.parametrize("name", [*VARIABLES, "told"])
def test_a_filter_is_handed_what_ansible_renders(name: str) -> None:
    seen: list[t.Any] = []
    work(name, lambda value: seen.extend([plain(value), handed(value)]))
    assert seen[0] == seen[1]
    assert {type(each) for each in leaves(seen[1])} <= {str, bool, int, float, type(None), list, dict}
    # And the other way round: looking at it first changes nothing.
    work(name, lambda value: seen.extend([handed(value), plain(value), handed(value)]))
    assert all(each == seen[0] for each in seen)


def test_what_holds_no_template_is_not_rendered_value_by_value() -> None:
    """However long the list is; but what is beside it is rendered."""
    counts: dict[int, list[int]] = {}
    for length in (1, 100):
        variables = {**VARIABLES, "plain": PLAIN * length, "beside": {"plain": PLAIN * length, "named": TOLD["named"]}}
        for name in ("plain", "beside"):
            counts.setdefault(length, []).append(work(name, handed, variables))
    assert counts[1] == counts[100]


def work(name: str, look: t.Callable[[t.Any], object], variables: dict[str, t.Any] | None = None) -> int:
    """Hand a variable to a filter that looks at it. Returns how often Ansible's engine was asked meanwhile."""
    engine = Templar(DataLoader(), variables=variables or {**VARIABLES, "told": TOLD})._engine
    asked = 0
    render = type(engine).template

    def counting(self: t.Any, *values: t.Any, **options: t.Any) -> t.Any:
        nonlocal asked
        asked += 1
        return render(self, *values, **options)

    def watched(value: t.Any) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(engine), "template", counting)
            look(value)
        return ""

    engine.environment.globals["look"] = watched
    engine.template(trust_as_template("{{ look(" + name + ") }}"))
    return asked


def leaves(value: object) -> t.Iterator[object]:
    """The value, and all that is in it."""
    yield value
    inside = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    for each in inside:
        yield from leaves(each)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A partner list in a YAML or JSON file -> entries with their lines. Pure."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.rows import Row
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.values import kind_of

try:
    import yaml
except ImportError:  # it comes with ansible-core, so where filters run it is there
    yaml = None  # type: ignore[assignment]

_AS_A_LIST = "write a list of domains and of dictionaries"


def read_json(text: str) -> list[Row]:
    """Return the entries of a JSON file."""
    decoder = json.JSONDecoder(object_pairs_hook=_Pairs)
    try:
        whole = decoder.decode(text)
        if not isinstance(whole, list) or isinstance(whole, _Pairs):
            raise InputError([_no_list(whole)])
        return list(_json_rows(text, decoder))
    except json.JSONDecodeError as problem:
        raise InputError(
            [f"Line {problem.lineno}: the file cannot be read as JSON ({problem.msg}); mend it."]
        ) from None
    except RecursionError:
        raise InputError(["The file is nested too deeply; write a list of partners."]) from None
    except ValueError:
        raise InputError(["The file holds a number with thousands of digits; mend it."]) from None


class _Pairs(list[tuple[str, t.Any]]):
    """An object of JSON with all its members, also those given twice."""


def _json_rows(text: str, decoder: json.JSONDecoder) -> t.Iterator[Row]:
    at = text.index("[") + 1
    while True:
        while text[at] in " \t\r\n,":
            at += 1
        if text[at] == "]":
            return
        line = text.count("\n", 0, at) + 1
        found, at = decoder.raw_decode(text, at)
        twice: list[str] = []
        yield Row(f"Line {line}", _plain(found, twice), tuple(twice))


def _plain(found: t.Any, twice: list[str]) -> t.Any:
    if isinstance(found, _Pairs):
        _note_repeated([name for name, _value in found], twice)
        return {name: _plain(value, twice) for name, value in found}
    if isinstance(found, list):
        return [_plain(item, twice) for item in found]
    return found


def read_yaml(text: str) -> list[Row]:
    """Return the entries of a YAML file."""
    try:
        loader = _loader()(text)
        whole = loader.get_single_node()
        if not isinstance(whole, yaml.SequenceNode):
            raise InputError([_no_list({} if isinstance(whole, yaml.MappingNode) else "" if whole else None)])
        return [_yaml_row(loader, node) for node in whole.value]
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = f"Line {mark.line + 1}: " if mark else ""
        raise InputError([f"{line}the file cannot be read as YAML ({problem.problem}); mend it."]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise InputError([f"The file cannot be read as YAML ({' '.join(str(problem).split())}); mend it."]) from None


def _loader() -> type[yaml.SafeLoader]:
    """Texts may be marked as no templates, as the step gather and Ansible's own files do. Here none is one."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!unsafe", _as_it_is)
    return Loader


def _as_it_is(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> t.Any:
    return loader.construct_scalar(node)


def _yaml_row(loader: yaml.SafeLoader, node: yaml.Node) -> Row:
    twice: list[str] = []
    _look_for_repeated(node, twice, set())
    try:
        written = loader.construct_document(node)
    except ValueError:  # 2026-02-30 looks like a date to YAML
        written, twice = {}, ["it holds a date that does not exist; mend it"]
    except (LookupError, AttributeError, TypeError):  # what PyYAML makes of "!!bool maybe"
        written, twice = {}, ["it holds a value that is not what its tag (!!) says; mend it"]
    return Row(f"Line {node.start_mark.line + 1}", written, tuple(twice))


def _look_for_repeated(node: yaml.Node, twice: list[str], seen: set[int]) -> None:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        _note_repeated([str(key.value) for key, _value in node.value if isinstance(key, yaml.ScalarNode)], twice)
        for _key, value in node.value:
            _look_for_repeated(value, twice, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _look_for_repeated(item, twice, seen)


def _note_repeated(names: t.Sequence[str], twice: list[str]) -> None:
    """Of a key that is given twice both languages silently take the last."""
    twice += [
        f"the key '{name}' is given {names.count(name)} times; keep one of them"
        for name in dict.fromkeys(names)
        if names.count(name) > 1 and name != "<<"
    ]


def _no_list(whole: object) -> str:
    if whole is None:
        return f"The file is empty; {_AS_A_LIST}."
    if isinstance(whole, (dict, _Pairs)):
        return f"The file holds a dictionary; {_AS_A_LIST} alone, without a variable's name in front."
    return f"The file holds {kind_of(whole)}; {_AS_A_LIST}."

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reference of the role's variables, from its argument specification: ``make docs`` writes the page."""

from __future__ import annotations

import json
import pathlib
import re
import sys
import textwrap
import typing as t

import yaml
from antsibull_docs_parser import dom
from antsibull_docs_parser.parser import Context, parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPECS = ROOT / "roles" / "forced_tls" / "meta" / "argument_specs.yml"
PAGE = ROOT / "docs" / "docsite" / "rst" / "forced_tls_variables.rst"
sys.path.insert(0, str(ROOT / ".cache" / "collections"))

from ansible_collections.mailflow.exchange_online.tests.tools import message_blocks as rst  # noqa: E402 - see above

Spec = t.Mapping[str, t.Any]
#: What the page describes: variable, or path of a key below it, and what is known of it.
Known = dict[str, Spec]

DOCSITE = "ansible_collections.mailflow.exchange_online.docsite"
HEAD = """\
.. _{beside}.forced_tls_variables:

Variables of the role forced_tls
================================

..
   Written by ``make docs``. What it says stands in roles/forced_tls/meta/argument_specs.yml.

Every variable of the role's argument specification, in the words of that. How they work together is told in
:ref:`Onboard a partner <{beside}.onboard_partner>`.

.. contents::
   :local:
   :depth: 1
"""
#: Underlines by depth; the title of the page has "=".
LINES = '-~^"'
_WIDTH = 116


def page(specs: t.Mapping[str, Spec]) -> str:
    """The whole page. ``specs`` is what stands in the file, by entry point."""
    known: Known = {}
    for spec in reversed(specs.values()):
        known.update(_paths(spec.get("options") or {}))
    parts = [HEAD.format(beside=DOCSITE)]
    told: set[str] = set()
    for entry, spec in specs.items():
        parts += _entry(entry, spec, known, told)
    return "\n".join(parts).rstrip() + "\n"


def _entry(entry: str, spec: Spec, known: Known, told: set[str]) -> t.Iterator[str]:
    options = spec.get("options") or {}
    again = [name for name in options if name in told]
    fresh = {name: option for name, option in options.items() if name not in told}
    told.update(fresh)
    yield _heading("The role" if entry == "main" else f"tasks_from: {entry}", 0)
    for paragraph in (spec["short_description"] + ".", *_listed(spec.get("description"))):
        yield _text(paragraph, known) + "\n"
    if fresh:
        yield rst.table(
            ("variable", "type", "default"),
            [(_link(name), _type(option), _default(option)) for name, option in fresh.items()],
            "34 16 50",
        )
        yield ""
    for name, option in fresh.items():
        yield from _option(name, option, known, 1)
    if again:
        # A name can be explained once on a page.
        yield _filled(f"It takes these too: {', '.join(map(_link, again))}.") + "\n"


def _option(path: str, option: Spec, known: Known, depth: int) -> t.Iterator[str]:
    yield _heading(path, depth)
    facts = [f"*{_type(option)}*", "**required**" if option.get("required") else f"default: {_default(option)}"]
    if option.get("choices"):
        facts.append("one of " + ", ".join(rst.literal(str(choice)) for choice in option["choices"]))
    # Keys of a dictionary have a default only where somebody wrote one.
    shown = [fact for fact in facts if fact != "default: none"]
    yield _filled("; ".join(shown)) + "\n"
    paragraphs = _listed(option["description"])
    yield "\n\n".join(_text(one, known) for one in paragraphs) + "\n"
    for name, inner in (option.get("options") or {}).items():
        yield from _option(f"{path}.{name}", inner, known, min(depth + 1, len(LINES) - 1))


def _paths(options: t.Mapping[str, Spec], above: str = "") -> t.Iterator[tuple[str, Spec]]:
    for name, option in options.items():
        path = f"{above}{name}"
        yield path, option
        yield from _paths(option.get("options") or {}, f"{path}.")


def _heading(title: str, depth: int) -> str:
    return f"{title}\n{LINES[depth] * len(title)}\n"


def _type(option: Spec) -> str:
    kind = option.get("type", "str")
    return f"{kind} of {option['elements']}" if option.get("elements") else str(kind)


def _default(option: Spec) -> str:
    if "default" not in option:
        return "none"
    value = option["default"]
    return rst.literal(value if isinstance(value, str) and value else json.dumps(value))


def _listed(text: object) -> list[str]:
    return [text] if isinstance(text, str) else [str(one) for one in t.cast("list[object]", text or [])]


# -- markup ----------------------------------------------------------------------------------------------------------


def _text(paragraph: str, known: Known) -> str:
    """A paragraph of Ansible's markup as reStructuredText. Raises ValueError where it cannot be read."""
    (parts,) = parse([paragraph], Context(), errors="exception", helpful_errors=True)
    return _filled("".join(_part(part, known) for part in parts))


def _part(part: dom.AnyPart, known: Known) -> str:
    if isinstance(part, dom.TextPart):
        return re.sub(r"[\\*`|]|_(?!\w)", r"\\\g<0>", part.text)
    if isinstance(part, dom.OptionNamePart) and part.plugin is None:
        if part.name not in known:
            raise ValueError(f"The argument specification has no variable {part.name!r}, which it speaks of")
        return _link(part.name) + ("" if part.value is None else f": {rst.literal(part.value)}")
    if type(part) not in PARTS:
        raise ValueError(f"The page has no form for {part.type} of Ansible's markup")
    return PARTS[type(part)](part)


PARTS: dict[type, t.Callable[[t.Any], str]] = {
    dom.BoldPart: lambda part: f"**{part.text}**",
    dom.CodePart: lambda part: rst.literal(part.text),
    dom.EnvVariablePart: lambda part: rst.literal(part.name),
    dom.ItalicPart: lambda part: f"*{part.text}*",
    dom.LinkPart: lambda part: f"`{part.text} <{part.url}>`__",
    dom.ModulePart: lambda part: f":ansplugin:`{part.fqcn}#module`",
    dom.OptionNamePart: lambda part: rst.literal(part.name),
    dom.OptionValuePart: lambda part: rst.literal(part.value),
    dom.PluginPart: lambda part: f":ansplugin:`{part.plugin.fqcn}#{part.plugin.type}`",
    dom.ReturnValuePart: lambda part: rst.literal(part.name),
    dom.URLPart: lambda part: part.url,
}


def _link(name: str) -> str:
    """To the heading of that name; a dot ends a name without quotes."""
    return f"`{name}`_" if "." in name else f"{name}_"


def _filled(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def render() -> str:
    """The page of the specification as it stands."""
    return page(yaml.safe_load(SPECS.read_text(encoding="utf-8"))["argument_specs"])


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX 24 demands of the things that are set up in it, and what it makes of them for a job.

The rules are those of its API (credential types, surveys, schedules, notification messages) and of its job runner
(injectors, variables), restated; none of its code is needed.
"""

from __future__ import annotations

import pathlib
import re
import typing as t

import yaml
from jinja2 import ChainableUndefined, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

Values = dict[str, t.Any]

_WORD = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_FIELD_KEYS = {
    "id",
    "label",
    "type",
    "format",
    "choices",
    "help_text",
    "multiline",
    "secret",
    "ask_at_runtime",
    "default",
}
_SURVEY_TYPES = {
    **dict.fromkeys(("text", "textarea", "password", "multiplechoice", "multiselect"), str),
    "integer": int,
    "float": float,
}
_EVENTS = {"started", "success", "error"}
_APPROVALS = {"running", "approved", "timed_out", "denied"}
#: What a message may name, with values as they are where there is nothing to tell.
CONTEXT: Values = {
    "job": {"id": 42, "name": "A job", "status": "successful", "artifacts": {}, "summary_fields": {}, "failed": False},
    "job_friendly_name": "Job",
    "url": "https://awx.example.com/#/jobs/playbook/42",
    "approval_status": "approved",
    "approval_node_name": "Approve?",
    "workflow_url": "https://awx.example.com/#/jobs/workflow/43",
    "job_metadata": "{}",
}


def _render(template: str, undefined: type, **names: t.Any) -> str:
    return ImmutableSandboxedEnvironment(undefined=undefined).from_string(template).render(**names)


class _Names:
    """A namespace with attributes, as ``tower.filename`` is."""


def credential_type_problems(item: Values) -> list[str]:
    """Why AWX would not take a custom credential type."""
    fields = item["inputs"]["fields"]
    ids = [field["id"] for field in fields]
    problems = [f"{name} is there twice" for name in set(ids) if ids.count(name) > 1]
    problems += [f"required {name} is no field" for name in item["inputs"]["required"] if name not in ids]
    for field in fields:
        problems += [f"{field['id']}: {key}" for key in field.keys() - _FIELD_KEYS]
        if not _WORD.fullmatch(field["id"]) or field["id"] == "tower" or field["type"] != "string":
            problems.append(f"{field['id']}: id or type")
        if "default" in field and field["default"] not in field.get("choices", [field["default"]]):
            problems.append(f"{field['id']}: default")
    files, env = item["injectors"]["file"], item["injectors"]["env"]
    filename = _Names()
    for label in files:
        if not re.fullmatch(r"template\.[a-zA-Z_][a-zA-Z0-9_]*", label):
            problems.append(f"{label} is no name of one of several files")
        setattr(filename, label.partition(".")[2], "EXAMPLE")
    tower = _Names()
    tower.filename = filename  # type: ignore[attr-defined]
    for name, template in {**files, **env}.items():
        if name in env and (name.startswith("ANSIBLE_") or not _WORD.fullmatch(name) or not template.isascii()):
            problems.append(f"{name} cannot be injected")
        try:
            _render(template, StrictUndefined, tower=tower, **dict.fromkeys(ids, "EXAMPLE"))
        except TemplateError as error:
            problems.append(f"{name}: {error}")
    return problems


def injected(item: Values, inputs: t.Mapping[str, str], place: pathlib.Path) -> dict[str, str]:
    """The environment of a job with a credential of this type; files are written below ``place``."""
    given = {field["id"]: field["default"] for field in item["inputs"]["fields"] if "default" in field}
    names: Values = {name: value for name, value in {**given, **inputs}.items() if value}
    tower = names["tower"] = _Names()
    tower.filename = _Names()  # type: ignore[attr-defined]
    undefined = ImmutableSandboxedEnvironment().undefined
    for label, template in item["injectors"]["file"].items():
        path = place / f"tmp_{label.partition('.')[2]}"
        path.touch(mode=0o600)
        path.write_text(_render(template, undefined, **names), encoding="utf-8")
        setattr(tower.filename, label.partition(".")[2], str(path))  # type: ignore[attr-defined]
    return {name: _render(text, undefined, **names) for name, text in item["injectors"]["env"].items()}


def survey_problems(survey: Values) -> list[str]:
    """Why AWX would not take a survey."""
    if not isinstance(survey.get("name"), str) or not isinstance(survey.get("description"), str) or not survey["spec"]:
        return ["name, description and questions are needed"]
    problems = []
    variables = [question["variable"] for question in survey["spec"]]
    for question in survey["spec"]:
        name, kind = question["variable"], question["type"]
        if variables.count(name) > 1 or not isinstance(question["required"], bool) or not question["question_name"]:
            problems.append(f"{name}: variable, required or question_name")
        if kind not in _SURVEY_TYPES:
            problems.append(f"{name}: type {kind}")
        elif question.get("default", "") != "" and not isinstance(question["default"], _SURVEY_TYPES[kind]):
            problems.append(f"{name}: default")
        problems += [f"{name}: {key}" for key in ("min", "max") if not isinstance(question.get(key, 0), int)]
        if kind in ("multiplechoice", "multiselect") and not question.get("choices"):
            problems.append(f"{name}: choices")
    return problems


def answered(survey: Values, answers: Values) -> Values:
    """The variables of a job whose survey was answered so. Raises AssertionError where AWX would not start it."""
    questions = {question["variable"]: question for question in survey["spec"]}
    assert answers.keys() <= questions.keys()
    assert all(name in answers for name, question in questions.items() if question["required"])
    for name, answer in answers.items():
        kind, most = questions[name]["type"], questions[name].get("max")
        assert isinstance(answer, _SURVEY_TYPES[kind])
        assert most is None or (len(answer) if isinstance(answer, str) else answer) <= most
    return {**{name: q["default"] for name, q in questions.items() if "default" in q}, **answers}


def rrule_problems(rule: str) -> list[str]:
    """Why AWX would not take the rule of a schedule."""
    begin = re.findall(r"DTSTART(?:;TZID=[^:]+:\d{8}T\d{6}|:\d{8}T\d{6}Z)(?= )", rule)
    rules = re.findall(r" RRULE:(\S+)", rule)
    problems = [] if len(begin) == 1 else ["one beginning with a zone is needed"]
    problems += [] if rules else ["a rule is needed"]
    for one in rules:
        parts = dict(part.split("=") for part in one.split(";"))
        if parts.get("FREQ") not in ("DAILY", "WEEKLY", "MONTHLY", "HOURLY") or "INTERVAL" not in parts:
            problems.append(one)
    return problems


def message_problems(messages: Values) -> list[str]:
    """Why AWX would not take the messages of a notification template."""
    problems = [f"event {event}" for event in messages.keys() - _EVENTS - {"workflow_approval"}]
    problems += [f"approval {event}" for event in messages.get("workflow_approval", {}).keys() - _APPROVALS]
    for event, told in flat_messages(messages).items():
        problems += [f"{event}: {key}" for key in told.keys() - {"message", "body"}]
        if "\n" in told["message"]:
            problems.append(f"{event}: the subject has several lines")
        for text in told.values():
            try:
                _render(text, StrictUndefined, **CONTEXT)
            except TemplateError as error:
                problems.append(f"{event}: {error}")
    return problems


def flat_messages(messages: Values) -> dict[str, dict[str, str]]:
    """Message and body by event."""
    approvals = {f"approval {event}": told for event, told in messages.get("workflow_approval", {}).items()}
    return {**{event: told for event, told in messages.items() if event != "workflow_approval"}, **approvals}


def sent(told: dict[str, str], **job: t.Any) -> tuple[str, str]:
    """Subject and body as AWX sends them."""
    context = {**CONTEXT, "job": {**CONTEXT["job"], **job}}
    return t.cast(
        "tuple[str, str]", tuple(_render(told[key], ChainableUndefined, **context) for key in ("message", "body"))
    )


class _UnsafeDumper(yaml.SafeDumper):
    """Every text is one that Ansible must not take for a template."""


_UnsafeDumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("!unsafe", text))


def extra_vars(template: Values, *given: Values) -> str:
    """The file of variables: what the template says itself may be one of Jinja, answers and artifacts may not."""
    lines = [yaml.safe_dump(template)] if template else []
    return "".join([*lines, *(yaml.dump(each, Dumper=_UnsafeDumper) for each in given if each)])

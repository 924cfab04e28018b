# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A recording -> answers, the file that holds both, and a page for people. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import (
    Exchange,
    Finding,
    Question,
    Seen,
    seen_in,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.questions import (
    NOT_ASKED,
    QUESTIONS,
)

FORMAT = "mailflow.exchange_online qualification"
VERSION = 1
_READ_ONLY = "Only a run that may write can ask this."
_UNEXPECTED = "The answer has a form that nobody expected; it is among the exchanges."
_STOPPED = "The run ended before it."

Document = dict[str, t.Any]


def make(recording: t.Sequence[Exchange], *, made: str, cloud: str, wrote: bool, whole: bool) -> Document:
    """Return the content of the file. ``made`` is the day; ``whole`` is whether all steps were taken."""
    seen = seen_in(recording)
    answers, still = [], []
    for question in QUESTIONS:
        try:
            finding = question.read(seen)
        except (AttributeError, LookupError, TypeError, ValueError):
            still.append(_left_open(question, _UNEXPECTED))
            continue
        if finding is None:
            still.append(_left_open(question, _why_open(question, seen, wrote=wrote, whole=whole)))
            continue
        answers.append(_answer(question, finding, seen))
    return {
        "format": FORMAT,
        "version": VERSION,
        "made": made,
        "cloud": cloud,
        "wrote": wrote,
        "whole": whole,
        "answers": answers,
        "open": still + [{"question": one.text, "source": one.source, "reason": one.reason} for one in NOT_ASKED],
        "settings": {one["id"]: one["setting"] for one in answers if one["setting"] is not None},
        "exchanges": [_exchange(one) for one in recording],
    }


def _answer(question: Question, finding: Finding, seen: Seen) -> dict[str, t.Any]:
    return {
        "id": question.id,
        "question": question.text,
        "source": question.source,
        "answer": finding.text,
        "setting": finding.setting if question.assumed is not None else None,
        "assumed": question.assumed,
        "agrees": finding.setting == question.assumed if question.assumed else None,  # what is measured was not assumed
        "exchanges": [seen[step].number for step in question.steps if step in seen],
    }


def _why_open(question: Question, seen: Seen, *, wrote: bool, whole: bool) -> str:
    if question.writes and not wrote:
        return _READ_ONLY
    if not whole and not any(step in seen for step in question.steps):
        return _STOPPED
    return question.open


def _left_open(question: Question, reason: str) -> dict[str, t.Any]:
    return {"question": question.text, "source": question.source, "reason": reason}


def _exchange(one: Exchange) -> dict[str, t.Any]:
    commands = [{"cmdlet": call.cmdlet, "parameters": dict(call.parameters)} for call in one.calls]
    answer: dict[str, t.Any] = {"status": one.status, "headers": dict(one.headers)}
    answer |= {"other": one.other} if one.body is None else {"body": one.body}
    return {
        "number": one.number,
        "step": one.step,
        "commands": commands,
        **({"unusual": dict(one.asked)} if one.asked else {}),
        "answer": answer,
        "at": one.at,
        "seconds": one.seconds,
    }


def summary(document: t.Mapping[str, t.Any]) -> str:
    """Return the page for people, in Markdown."""
    answers = document["answers"]
    differ = [one for one in answers if one["agrees"] is False]
    way = "with throw-away connectors" if document["wrote"] else "reading only"
    end = "" if document["whole"] else "; the run did not come to its end"
    as_assumed = sum(one["agrees"] is True for one in answers)
    lines = [
        "# Our picture of Exchange, and this tenant",
        "",
        f"Asked on {document['made']}, cloud {document['cloud']}, {way}: {len(document['exchanges'])} exchanges{end}.",
        "",
        f"{len(answers)} questions are answered: {as_assumed} as the lab assumed, {len(differ)} in another way.",
        f"{len(document['open'])} are open.",
        "",
        "## Answers",
        "",
        "| question | answer | the lab assumed | agrees |",
        "| --- | --- | --- | --- |",
    ]
    words = {True: "yes", False: "**no**", None: ""}
    for one in sorted(answers, key=lambda one: one["agrees"] is not False):
        told = f"{one['answer']}" + (f" (`{one['setting']}`)" if one["setting"] else "")
        assumed = f"`{one['assumed']}`" if one["assumed"] else ""
        lines.append(f"| {_cell(one['question'])} | {_cell(told)} | {assumed} | {words[one['agrees']]} |")
    lines += ["", "## Open", "", "| question | why it is open |", "| --- | --- |"]
    lines += [f"| {_cell(one['question'])} | {_cell(one['reason'])} |" for one in document["open"]]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

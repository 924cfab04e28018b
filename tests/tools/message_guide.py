# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables and conversations in the guide "What forced TLS does to a message": ``make docs`` sends the mail anew."""

from __future__ import annotations

import pathlib
import re
import sys
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "docsite" / "rst" / "forced_tls_message.rst"
sys.path.insert(0, str(ROOT / ".cache" / "collections"))

from ansible_collections.mailflow.exchange_online.tests.lab import Lab  # noqa: E402 - see above
from ansible_collections.mailflow.exchange_online.tests.lab.evidence import Evidence, table  # noqa: E402
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow import (  # noqa: E402
    inbound_cases,
    proof,
    proof_inbound,
)
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_play import Observed  # noqa: E402
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.inbound_shapes import Refused  # noqa: E402
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.proof import LEVELS, Cell, Cells  # noqa: E402
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.proof_partners import (  # noqa: E402
    ALL,
    BY_LEVEL,
    BY_POLICY,
    ROWS,
    Row,
)
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.proof_texts import (  # noqa: E402
    schedule,
    stable,
    words,
)
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld  # noqa: E402
from ansible_collections.mailflow.exchange_online.tests.tools import message_blocks as rst  # noqa: E402
from ansible_collections.mailflow.exchange_online.tests.tools.standing import Options, Standing  # noqa: E402

#: Why a message waits or is refused, in a word or two: by the row of the evidence table that its text rests on.
KINDS = {
    "transport.starttls-required": "no TLS",
    "transport.handshake-failed": "handshake fails",
    "transport.handshake-closed": "handshake breaks off",
    "transport.subject-mismatch": "name",
    "transport.certificate-expired": "date",
    "transport.untrusted-root": "authority",
    "transport.certificate-invalid": "revoked",
    "transport.refused": "no connection",
    "transport.dane-invalid": "TLSA",
    "transport.dane-starttls": "TLSA, no TLS",
    "transport.dnssec-invalid": "DNSSEC",
    "transport.dane-missing": "no TLSA",
    "transport.sts-host": "MTA-STS, host",
    "transport.sts-certificate": "MTA-STS, certificate",
    "transport.sts-starttls": "MTA-STS, no TLS",
    "inbound.clear-454": "TLS required",
    "inbound.restricted": "restricted",
    "inbound.relay-denied": "relay",
}
#: Block of the guide -> partner and level of its conversation.
CONVERSATIONS = {
    "delivered-encrypted": ("a_good", "domain_validation"),
    "delivered-clear": ("f_no_starttls", "opportunistic"),
    "deferred-starttls": ("f_no_starttls", "encryption_only"),
    "deferred-name": ("b_wrong_name", "domain_validation"),
}
#: Block of the guide -> case of inbound_cases.py.
INBOUND = {
    "accepted-inbound": "certificate-certificate",
    "refused-clear": "require_tls-clear",
    "refused-restricted": "certificate-other_name",
}
VALIDATED = ("ee_smarthost_name", "f_no_starttls")


class Played(t.NamedTuple):
    """All that the guide shows; ``validations`` by partner."""

    cells: Cells
    inbound: dict[str, Observed]
    validations: dict[str, Options]


def play() -> Played:
    """Send all the mail."""
    world = PartnerWorld([row.id for row in ROWS], table=ALL)
    with Lab(proof_inbound.SEED, partners=world) as lab:
        standing = Standing(lab)
        cells = proof.play(lab, world.cases, standing, table=ALL)
        return Played(cells, proof_inbound.play(lab, standing), _validate(standing))


def _validate(standing: Standing) -> dict[str, Options]:
    cases = [ALL.cases[one] for one in VALIDATED]
    standing([proof.options(case, "encryption_only", ALL) for case in cases])
    asked = [{"name": f"To {case.id}", "recipients": [f"postmaster@{case.domain}"]} for case in cases]
    result = standing.run("tls_validation", connectors=asked, fail_on="never", max_age="0")
    return dict(zip(VALIDATED, result["validations"], strict=True))


def render(text: str, played: Played) -> str:
    """Return the guide with fresh tables and conversations."""
    evidence = {row.id: row for row in table()}
    text = rst.replace(text, "outbound", _outbound(played.cells, BY_LEVEL))
    text = rst.replace(text, "policies", _outbound(played.cells, BY_POLICY))
    text = rst.replace(text, "waits", _waits(played.cells, evidence))
    for block, key in CONVERSATIONS.items():
        text = rst.replace(text, block, _conversation(played.cells[key]))
    text = rst.replace(text, "notice", _notice(played.cells[CONVERSATIONS["deferred-starttls"]]))
    text = rst.replace(text, "schedule", _schedule(played.cells[CONVERSATIONS["deferred-starttls"]]))
    text = rst.replace(text, "inbound", _inbound(played.inbound))
    text = rst.replace(text, "inbound-others", _inbound_others(played.inbound))
    text = rst.replace(text, "refusals", _refusals(played.inbound, evidence))
    for block, case_id in INBOUND.items():
        text = rst.replace(text, block, rst.code(stable("\n".join(played.inbound[case_id].conversation))))
    for partner, validation in played.validations.items():
        text = rst.replace(text, f"validation-{partner}", _validation(partner, validation))
    return text


# -- to partners -----------------------------------------------------------------------------------------------------


def _word(cell: Cell) -> str:
    if cell.outcome == "nothing":
        return f"waits: {KINDS[cell.first.evidence]}"
    return {"encrypted": "encrypted", "clear": "**in clear**"}[cell.outcome]


def _outbound(cells: Cells, rows: t.Sequence[Row]) -> str:
    lines = [(row.what, *(_word(cells[row.id, level]) for level in LEVELS)) for row in rows]
    made = rst.table(("the partner's servers", *map(rst.literal, LEVELS)), lines, "32 17 17 17 17")
    protocols = {cells[row.id, level].protocol for row in rows for level in LEVELS} - {""}
    spoken = f"All that is encrypted went over {' and '.join(sorted(protocols))}. Not all of the table is certain:"
    notes = rst.bullets(f"*{row.what}*: {row.note}." for row in rows if row.note)
    return f"{made}\n\n{spoken}\n\n{notes}"


def _waits(cells: Cells, evidence: t.Mapping[str, Evidence]) -> str:
    first: dict[str, Cell] = {}
    for row in ROWS:
        for level in LEVELS:
            cell = cells[row.id, level]
            if cell.outcome == "nothing":
                first.setdefault(cell.first.evidence, cell)
    kinds = [kind for kind in KINDS if kind in first]
    lines = [
        (
            KINDS[kind],
            *(rst.literal(stable(words(one), first[kind].case.ascii_domain)) for one in _texts(first[kind])),
            f"{evidence[kind].basis}, {evidence[first[kind].notice_evidence].basis}",
        )
        for kind in kinds
    ]
    head = ("waits", "in message trace, while it waits", "to the sender, after a day", "the two texts are")
    alike: dict[str, list[str]] = {}
    for kind in kinds:
        alike.setdefault(evidence[kind].note, []).append(f"*{KINDS[kind]}*")
    notes = [f"{'; '.join(names)}, in message trace: {note}." for note, names in alike.items() if note]
    reports = dict.fromkeys(first[kind].notice_evidence for kind in kinds)
    notes += [f"{_first_code(evidence[one])} to the sender: {note}." for one in reports if (note := evidence[one].note)]
    return f"{rst.table(head, lines, '12 38 38 12')}\n\nIn detail:\n\n{rst.bullets(notes)}"


def _texts(cell: Cell) -> tuple[str, str]:
    return cell.text, cell.notice


def _first_code(row: Evidence) -> str:
    """The codes that the row of a report is about, from its own words."""
    found = re.findall(r"\b5\.\d\.\d+\b", row.answer)
    return rst.literal(found[0]) + (" and the like," if len(found) > 1 else "")


def _conversation(cell: Cell) -> str:
    attempt = cell.first
    end = [] if cell.outcome != "nothing" else ["", "What message trace shows:", attempt.text]
    return rst.code(
        stable("\n".join([*attempt.conversation, *end]), cell.case.ascii_domain).replace(
            f"{cell.case.id}.{cell.level}@", "bob@"
        )
    )


def _notice(cell: Cell) -> str:
    text = stable(cell.notice_text, cell.case.ascii_domain, cell.message.submitted)
    return rst.code(text.replace(f"{cell.case.id}.{cell.level}@", "bob@"))


def _schedule(cell: Cell) -> str:
    *tries, end = schedule([one.at for one in cell.message.attempts], cell.message.submitted)
    shown = ", ".join([*tries[:5], "and so on every hour until", tries[-1]]).replace("until, ", "until ")
    text = f"It is tried at {shown} (hours and minutes after it was sent), and given up at {end}."
    return rst.paragraph(text)


# -- from partners ---------------------------------------------------------------------------------------------------


def _seen(one: Observed) -> str:
    if isinstance(one.kept, Refused):
        return f"refused: {KINDS[one.kept.evidence]}"
    return {"accepted encrypted": "encrypted", "accepted clear": "**in clear**"}[one.outcome]


def _inbound(seen: t.Mapping[str, Observed]) -> str:
    names = list(dict.fromkeys(one.id.rpartition("-")[0] for one in inbound_cases.CASES if "-" in one.id))
    whats = {one.id.partition("-")[0]: one.what.partition(";")[0] for one in inbound_cases.CASES if "-" in one.id}
    lines = [
        (client.what, *(_seen(seen[f"{name}-{key}"]) for name in names))
        for key, client in inbound_cases.CLIENTS.items()
    ]
    return rst.table(("the partner's server comes", *(whats[name] for name in names)), lines, "25 15 15 15 15 15")


def _inbound_others(seen: t.Mapping[str, Observed]) -> str:
    others = [one for one in inbound_cases.CASES if "-" not in one.id]
    return rst.table(
        ("what", "a message comes", "and is"),
        [(_escaped(one.what), _client(one.client), _seen(seen[one.id])) for one in others],
        "50 30 20",
    )


def _client(client: inbound_cases.Client) -> str:
    usual = inbound_cases.Client("")
    sender = "" if client.mail_from == usual.mail_from else f", from {rst.literal(client.mail_from or '<>')}"
    recipient = "" if client.recipient == usual.recipient else f", to {rst.literal(client.recipient)}"
    return f"{client.what}{sender}{recipient}"


def _escaped(text: str) -> str:
    return text.replace("*", r"\*")


def _refusals(seen: t.Mapping[str, Observed], evidence: t.Mapping[str, Evidence]) -> str:
    first: dict[str, str] = {}
    for one in seen.values():
        if isinstance(one.kept, Refused):
            first.setdefault(one.kept.evidence, one.reply)
    lines = [(KINDS[kind], rst.literal(words(reply)), evidence[kind].basis) for kind, reply in first.items()]
    return rst.table(("refused", "the reply", "it is"), lines, "15 70 15")


# -- validation ------------------------------------------------------------------------------------------------------


def _validation(partner: str, validation: Options) -> str:
    lines = []
    for step in validation["steps"]:
        lines.append(f"{step['name']}: {'succeeded' if step['success'] else 'failed'}")
        lines += [f"    {line}" for line in step["detail"].splitlines()]
    case = ALL.cases[partner]
    return rst.code(stable("\n".join(lines), case.ascii_domain).replace(f"To {case.id}", "Forced TLS to partner"))


if __name__ == "__main__":
    GUIDE.write_text(render(GUIDE.read_text(encoding="utf-8"), play()), encoding="utf-8")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""MTA-STS policies (RFC 8461) and TLS reporting records (RFC 8460): found, fetched and taken apart."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import (
    Answer,
    MtaSts,
    StsMode,
    StsStatus,
    TlsRpt,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.text import clean
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.web import FetchError, Page

Ask = t.Callable[[str, t.Any], t.Awaitable[Answer]]
#: Fetches a path from a host over verified HTTPS; raises FetchError.
Fetch = t.Callable[[str, str], t.Awaitable[Page]]

#: RFC 8461 section 3.2: a year of 365.25 days, in seconds.
LONGEST_AGE = 31557600
_PATH = "/.well-known/mta-sts.txt"
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_MX = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_MOST_RUA = 20


class Wrong(Exception):
    """A record or policy that does not count. The text says what is wrong with it."""


async def find_mta_sts(domain: str, ask: Ask, fetch: Fetch) -> MtaSts:
    """Return the policy of a domain, or what stands in its way. Never raises for the domain's doing."""
    answer = await ask(f"_mta-sts.{domain}", "TXT")
    if answer.status in ("failed", "timeout"):
        return MtaSts("dns_failed", detail=answer.detail)
    try:
        policy_id = parse_sts_record(answer.records)
    except Wrong as problem:
        return MtaSts("txt_invalid", detail=str(problem))
    if policy_id is None:
        return MtaSts()
    return await _fetch_policy(domain, policy_id, fetch)


async def _fetch_policy(domain: str, policy_id: str, fetch: Fetch) -> MtaSts:
    def failed(status: StsStatus, detail: str, *, webpki: bool = False) -> MtaSts:
        return MtaSts(status, policy_id, detail=clean(detail), webpki=webpki)

    try:
        page = await fetch(f"mta-sts.{domain}", _PATH)
    except FetchError as problem:
        return failed("fetch_failed", problem.detail, webpki=problem.kind == "webpki")
    if page.status != 200:
        # A redirect is not followed (RFC 8461 section 3.3).
        return failed("fetch_failed", f"the policy host answered with the HTTP status {page.status}")
    try:
        mode, mx, max_age = parse_sts_policy(page.body)
    except Wrong as problem:
        return failed("policy_invalid", str(problem))
    return MtaSts("found", policy_id, mode, mx, max_age)


async def find_tls_rpt(domain: str, ask: Ask) -> TlsRpt:
    """Return where a domain wants its reports. Never raises for the domain's doing."""
    answer = await ask(f"_smtp._tls.{domain}", "TXT")
    if answer.status in ("failed", "timeout"):
        return TlsRpt("dns_failed", detail=answer.detail)
    return parse_tls_rpt(answer.records)


def parse_sts_record(records: t.Sequence[bytes]) -> str | None:
    """Return the policy's id from the TXT records of ``_mta-sts``, None without one (RFC 8461 section 3.1).

    Raises Wrong where there is more than one, or one that does not parse: senders then act as if there were none.
    """
    found = [text for record in records if _version(text := _text(record)) == "v=STSv1"]
    if not found:
        return None
    if len(found) > 1:
        raise Wrong(f"{len(found)} records begin with v=STSv1; there must be one")
    fields = _fields(found[0])
    if not _ID.fullmatch(fields.get("id", "")):
        raise Wrong("the record has no valid id")
    return fields["id"]


def parse_sts_policy(body: bytes) -> tuple[StsMode, tuple[str, ...], int]:
    """Return mode, mx patterns and max_age in seconds of a policy (RFC 8461 section 3.2). Raises Wrong."""
    first: dict[str, str] = {}
    patterns: list[str] = []
    for line in re.split(r"\r?\n", body.decode("utf-8", "replace")):
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon:
            if line.strip():
                raise Wrong(f"the policy has a line without a colon: '{clean(line, 40)}'")
        elif key == "mx":
            patterns.append(value.lower().removesuffix("."))
        else:
            first.setdefault(key, value)  # of a key given twice the first counts
    if first.get("version") != "STSv1":
        raise Wrong("the policy has no 'version: STSv1'")
    mode = first.get("mode")
    if mode not in ("enforce", "testing", "none"):
        raise Wrong(f"the policy's mode is '{clean(mode or '', 40)}', not enforce, testing or none")
    age = first.get("max_age", "")
    if not re.fullmatch(r"[0-9]{1,10}", age) or int(age) > LONGEST_AGE:
        raise Wrong(f"the policy's max_age is '{clean(age, 40)}', not a number of seconds up to {LONGEST_AGE}")
    wrong = next((pattern for pattern in patterns if not _MX.fullmatch(pattern)), None)
    if wrong is not None:
        raise Wrong(f"the policy names the mx '{clean(wrong, 60)}', which is none")
    if not patterns and mode != "none":
        raise Wrong("the policy names no mx")
    return t.cast(StsMode, mode), tuple(dict.fromkeys(patterns)), int(age)


def mx_matches(pattern: str, host: str) -> bool:
    """Whether an mx pattern stands for an MX host; a wildcard is exactly one label (RFC 8461 section 4.1)."""
    if not pattern.startswith("*."):
        return bool(host) and pattern == host
    label, _dot, above = host.partition(".")
    return bool(label) and above == pattern[2:]


def parse_tls_rpt(records: t.Sequence[bytes]) -> TlsRpt:
    """Take the TXT records of ``_smtp._tls`` apart (RFC 8460 section 3)."""
    found = [text for record in records if _version(text := _text(record)) == "v=TLSRPTv1"]
    if not found:
        return TlsRpt()
    if len(found) > 1:
        return TlsRpt("txt_invalid", detail=f"{len(found)} records begin with v=TLSRPTv1; there must be one")
    fields = _fields(found[0])
    addresses = tuple(
        clean(part.strip(), 300)
        for part in fields.get("rua", "").split(",")
        if part.strip().lower().startswith(("mailto:", "https:"))
    )
    if not addresses:
        return TlsRpt("txt_invalid", detail="the record names no address for reports")
    return TlsRpt("found", addresses[:_MOST_RUA])


def _text(record: bytes) -> str:
    return record[:4096].decode("utf-8", "replace")


def _version(text: str) -> str:
    """The first field, which tells what a record is; one that is alike, such as STSv10, is another one's."""
    return text.partition(";")[0].strip()


def _fields(text: str) -> dict[str, str]:
    """``key=value`` pairs with semicolons between them; of a key given twice the first counts."""
    fields: dict[str, str] = {}
    for pair in text.split(";"):
        key, equals, value = pair.partition("=")
        if equals:
            fields.setdefault(key.strip(), value.strip())
    return fields

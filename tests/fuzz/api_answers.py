# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of the admin API: lists of connectors, results of writes, and errors in all their forms."""

from __future__ import annotations

import datetime as dt
import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _session, _wire
from ansible_collections.mailflow.exchange_online.plugins.module_utils._auth import Token
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import (
    blocked,
    codec,
    present,
    reading,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector, Direction
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._judge import Fault, Page, Reading
from ansible_collections.mailflow.exchange_online.plugins.module_utils._listing import Listing, Selection
from ansible_collections.mailflow.exchange_online.plugins.module_utils._retry import cmdlet_kind, decide, retry_after
from ansible_collections.mailflow.exchange_online.plugins.module_utils._transfer import judged
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation import readings, steps
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.model import Step, Task
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.plan import why_due
from ansible_collections.mailflow.exchange_online.tests.fuzz import promises

CALLS = tuple(
    _wire.Call(cmdlet, {"Name": "x"})
    for cmdlet in (
        "Get-OutboundConnector",
        "Get-InboundConnector",
        "Get-BlockedConnector",
        "New-OutboundConnector",
        "Set-InboundConnector",
        "Remove-OutboundConnector",
        "Validate-OutboundConnector",
    )
)
STATUSES = (200, 201, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503, None)
HEADERS = ("retry-after", "www-authenticate", "x-ms-diagnostics", "request-id", "x-exceptiontype")
API = "https://outlook.office365.com/adminapi/beta/x/InvokeCommand"
OUTBOUND = {
    "Name": "to contoso",
    "Guid": "11111111-2222-3333-4444-555555555555",
    "Enabled": True,
    "Comment": "x\n[mailflow.exchange_online owner=us]",
    "ConnectorType": "Partner",
    "RecipientDomains": ["contoso.com", "*.contoso.com"],
    "UseMXRecord": True,
    "SmartHosts": [],
    "TlsSettings": "DomainValidation",
    "TlsDomain": "mx.contoso.com",
    "IsValidated": True,
    "LastValidationTimestamp": "2026-10-01T00:00:00",
    "WhenChangedUTC": "2026-10-01T00:00:00",
}
INBOUND = {
    "Name": "from contoso",
    "Guid": "11111111-2222-3333-4444-555555555556",
    "Enabled": True,
    "SenderDomains": ["smtp:contoso.com;1"],
    "SenderIPAddresses": ["192.0.2.0/24"],
    "RequireTls": True,
    "TlsSenderCertificateName": None,
}
NOW = dt.datetime(2026, 11, 1, tzinfo=dt.timezone.utc)
SEEDS = (
    b"\x00\x00\n" + json.dumps({"value": [OUTBOUND]}).encode(),
    b"\x01\x00\n" + json.dumps({"value": [INBOUND], "@adminapi.warnings": ["odd"]}).encode(),
    b"\x00\x00\n" + json.dumps({"value": [], "@odata.nextLink": f"{API}?$skiptoken=1"}).encode(),
    b"\x02\x00\n" + json.dumps({"value": [{"ConnectorId": "x\u202e"}]}).encode(),
    b"\x06\x00\n" + json.dumps({"value": [{"TaskName": "Send", "IsTaskSuccessful": True, "Detail": "x"}]}).encode(),
    b"\x03\x0430\n" + json.dumps({"error": {"code": "x", "details": [{"message": "1|A.BException|text"}]}}).encode(),
    b"\x03\x09Sat, 01 Nov 2026 00:00:00 GMT\n" + json.dumps({"error": {"message": '{"error":{"code":"x"}}'}}).encode(),
    b'\x00\x05insufficient_claims claims="e30"; reason="x"\n{}',
    b"\x00\x00\n" + json.dumps({"responses": [{"id": "a", "status": 200, "body": {"value": []}}]}).encode(),
    # Found here: ids that are no texts, numbers without end, nesting without end, and what is no JSON.
    b'\x00\x00\n{"responses":[{"id":[]},{"id":"a","status":"' + b"9" * 5000 + b'"}]}',
    b'\x00\x00\n{"value":[{"Name":' + b"[" * 900 + b"]" * 900 + b"}]}",
    b'\x00\x00\n{"value":[],"@adminapi.errors":' + b"[" * 900 + b"]" * 900 + b"}",
    b'\x00\x00\n{"value":[{"Name":"a","Guid":"b","WhenChangedUTC":NaN}]}',
)


def check(data: bytes) -> None:
    """Two bytes pick command and status, a line holds headers, and the rest is the body."""
    head, _newline, body = data.partition(b"\n")
    call = CALLS[head[0] % len(CALLS)] if head else CALLS[0]
    status = STATUSES[head[1] % len(STATUSES)] if len(head) > 1 else 200
    said = head[2:].decode("latin-1")
    headers = dict.fromkeys(HEADERS, said)
    content, whole = _session.unpack(body)
    answer = _wire.read_body(content, damaged=not whole)
    _read_batch(answer)
    found = judged(Reading(call, status, headers, answer, Token("x", {}), "https://outlook.office365.com"))
    if isinstance(found, Fault):
        promises.refused(found.error(call))
        decide(cmdlet_kind(call.cmdlet), found.failure)
        wish = retry_after(found.retry_after, NOW.timestamp())
        assert wish is None or wish >= 0
        assert found.claims is None or isinstance(json.loads(found.claims), dict)
        return
    promises.shown(*found.warnings)
    _use(call, found)


def _read_batch(answer: _wire.Body) -> None:
    for item in (_wire.read_batch(answer, ["a", "b"]) or {}).values():
        assert item is None or item.status is None or 0 <= item.status < 10000 or isinstance(item.status, int)


def _use(call: _wire.Call, page: Page) -> None:
    listing = Listing(call, lambda _members: API, Selection())
    try:
        listing.take(page)
        assert listing.url is None or listing.url.startswith("https://outlook.office365.com/adminapi/")
        if call.cmdlet.startswith("Get-B"):
            promises.shown(*blocked.marked([], page.value)[1])
        elif call.cmdlet.startswith("Get-"):
            _use_connectors("inbound" if "Inbound" in call.cmdlet else "outbound", page.value)
        elif call.cmdlet.startswith("Validate-"):
            _use_steps(steps.read_steps(page.value))
    except ExchangeError as problem:
        promises.refused(problem)


def _use_connectors(direction: Direction, records: t.Sequence[_wire.Record]) -> None:
    found = [codec.read_record(direction, record) for record in records]
    info = {
        "connectors": [present.as_input(one) for one in found],
        "details": [present.details(one) for one in found],
    }
    json.dumps(info, allow_nan=False)
    again = reading.connectors_from(json.loads(json.dumps(info)))
    assert [(one.key, one.settings) for one in again] == [(one.key, one.settings) for one in found]
    for one in found:
        why_due(one, dt.timedelta(days=30), NOW)


def _use_steps(found: t.Sequence[Step]) -> None:
    task = Task(Connector("outbound", "x", "g", {}), ("a@b.test",), "due")
    if steps.passed(found):
        assert all(step.success is True for step in found)
    readings.advice(found, task)
    readings.may_pass_later(found, task)

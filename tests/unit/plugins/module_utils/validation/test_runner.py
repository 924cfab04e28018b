# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole way of a validation, against a server whose every answer is decided here."""

from __future__ import annotations

import collections
import datetime as dt
import threading
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._client import Pace
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import codec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import fields_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Direction
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._result import Result
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.carry import (
    LOOKS,
    PAUSES,
    SENDS,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._validation.runner import run_validation
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.validation.builders import (
    NOW,
    record,
    wire,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.wire_server import (
    Seen,
    WireServer,
    response,
    token,
)

Answer: t.TypeAlias = "bytes | None"
OK = {"TaskName": "Send test email", "IsTaskSuccessful": True, "Detail": "250 2.0.0 taken"}
FOREIGN = {"TaskName": "m", "IsTaskSuccessful": False, "Detail": "The domain of the recipient is not configured as ..."}
UNUSED = {"TaskName": "m", "IsTaskSuccessful": False, "Detail": "... routed out from O365 without using any connector"}
REFUSED = {"TaskName": "m", "IsTaskSuccessful": False, "Detail": "451 5.7.3 STARTTLS is required to send mail"}
STALE = {"IsValidated": True, "LastValidationTimestamp": wire(NOW - dt.timedelta(days=60))}

#: How much later than NOW a record is made after one pause.
LATER = dt.timedelta(seconds=PAUSES[0])


def rows(*found: object, **members: object) -> bytes:
    return response(200, {"value": list(found), "@adminapi.warnings": [], **members})


def refusal(exception: str, text: str) -> bytes:
    return response(400, {"error": {"details": [{"message": f"Ex1|{exception}|{text}"}]}})


def whole(direction: Direction, some: dict[str, t.Any]) -> dict[str, t.Any]:
    """A record in which every member is there, as in Exchange."""
    unset = {field.parameter: field.kind.wire(field.kind.unset) for field in fields_of(direction)}
    return {**dict.fromkeys(codec.MEMBERS[direction]), **unset, "UseMXRecord": True, **some}


class Tenant:
    """A tenant on the wire: connectors, and what the next answers to Validate and Set are; without any, good ones.

    An answer of None is a lost one. ``stored``: whether a Set takes effect whose answer is given here; ``unseen``: for
    how many reads it does not show.
    """

    def __init__(self, *connectors: dict[str, t.Any], inbound: t.Sequence[dict[str, t.Any]] = ()) -> None:
        self.connectors = {one["Guid"]: one for one in connectors or (record(),)}
        self.inbound = list(inbound)
        self.validate: list[Answer] = []
        self.sets: list[Answer] = []
        self.stored = True
        self.unseen = 0
        self._reads = 0
        self._changes: list[tuple[int, dict[str, t.Any]]] = []
        self.calls: list[tuple[str, dict[str, t.Any]]] = []
        self._lock = threading.Lock()

    def __call__(self, seen: Seen) -> Answer:
        if seen.path.endswith("$batch"):
            return response(404)
        given = seen.json["CmdletInput"]
        cmdlet, parameters = given["CmdletName"], given["Parameters"]
        with self._lock:
            self.calls.append((cmdlet, parameters))
            if cmdlet == "Validate-OutboundConnector":
                return self.validate.pop(0) if self.validate else rows(OK)
            if cmdlet == "Set-OutboundConnector":
                return self._set(parameters)
            self._reads += 1
            for since, parameters in self._changes:
                if self._reads > since + self.unseen:
                    changed = {name: value for name, value in parameters.items() if name not in ("Identity", "Confirm")}
                    self.connectors[parameters["Identity"]].update(changed)
            direction: Direction = "inbound" if "Inbound" in cmdlet else "outbound"
            found = self.inbound if direction == "inbound" else self.connectors.values()
            return rows(*(whole(direction, one) for one in found))

    def _set(self, parameters: dict[str, t.Any]) -> Answer:
        answer = self.sets.pop(0) if self.sets else response(204)
        if self.stored:
            # A replica that is sent another change begins to wait anew.
            self._changes = [(self._reads, parameters)]
        return answer

    def sent(self, cmdlet: str) -> list[dict[str, t.Any]]:
        return [parameters for name, parameters in self.calls if name.startswith(cmdlet)]


class Ran(t.NamedTuple):
    result: Result
    slept: list[float]

    @property
    def one(self) -> dict[str, t.Any]:
        (found,) = self.result.data["validations"]
        return dict(found)


ENTRY = {"name": "to a", "recipients": ["it@a.example"]}


def run(tenant: Tenant, *entries: dict[str, t.Any], check_mode: bool = False, **options: t.Any) -> Ran:
    """Run the module's runner; its clock moves by sleeping only."""
    slept: list[float] = []
    pace = Pace(slept.append, lambda: sum(slept), lambda: NOW.timestamp() + sum(slept), lambda: 0.5)
    with WireServer(tenant) as server:
        given = {
            "access_token": token(),
            "api_url": server.url,
            "ca_path": server.ca_path,
            "timeout": 5,
            "connectors": [{"recipients": None, **entry} for entry in entries or (ENTRY,)],
            "max_age": "30d",
            "record": True,
            "fail_on": "failure",
            **options,
        }
        return Ran(run_validation(given, check_mode=check_mode, on_secret=lambda _secret: None, pace=pace), slept)


def test_a_success_is_recorded_once_with_time_and_recipients() -> None:
    tenant = Tenant()
    ran = run(tenant)
    assert tenant.sent("Validate") == [{"Identity": "guid of to a", "Recipients": ["it@a.example"], "Confirm": False}]
    assert tenant.sent("Set") == [
        {
            "Identity": "guid of to a",
            "IsValidated": True,
            "LastValidationTimestamp": "2026-11-25T12:00:00Z",
            "ValidationRecipients": ["it@a.example"],
            "Confirm": False,
        }
    ]
    assert ran.result.changed is True
    assert ran.result.error is None
    assert ran.one == {
        "connector": "to a",
        "status": "passed",
        "success": True,
        "reason": "no success is recorded",
        "steps": [{"name": "Send test email", "success": True, "detail": "250 2.0.0 taken"}],
        "recipients": ["it@a.example"],
        "refused_disabled": False,
        "recorded": True,
        "tries": 1,
        "seconds": 0.0,
        "error": None,
    }
    assert ran.result.data["summary"] == {
        "total": 1, "passed": 1, "failed": 0, "unknown": 0, "fresh": 0, "planned": 0, "recorded": 1,
    }  # fmt: skip
    # Four to plan, the validation, its record, and a look whether somebody else was at it.
    assert ran.result.data["requests"] == len(tenant.calls) == 7


def test_check_mode_says_what_would_be_tested() -> None:
    tenant = Tenant()
    ran = run(tenant, check_mode=True)
    assert {cmdlet for cmdlet, _parameters in tenant.calls} == {"Get-OutboundConnector"}
    assert (ran.one["status"], ran.one["success"], ran.one["reason"]) == ("planned", None, "no success is recorded")
    assert ran.result.changed is True
    assert run(tenant, check_mode=True, record=False).result.changed is False


def test_a_second_run_sends_nothing() -> None:
    tenant = Tenant()
    run(tenant)
    tenant.connectors["guid of to a"]["WhenChangedUTC"] = wire(NOW, "Z")
    tenant.calls.clear()
    ran = run(tenant)
    assert [cmdlet for cmdlet, _parameters in tenant.calls] == ["Get-OutboundConnector"] * 4
    assert (ran.one["status"], ran.one["success"], ran.one["reason"], ran.one["tries"]) == ("fresh", True, "", 0)
    assert ran.result.changed is False


def test_without_record_nothing_is_written() -> None:
    for answer in (rows(OK), rows(REFUSED)):
        tenant = Tenant(record(**STALE))
        tenant.validate = [answer]
        ran = run(tenant, record=False)
        assert tenant.sent("Set") == []
        assert (ran.one["recorded"], ran.result.changed) == (False, False)


def test_a_failure_takes_back_a_stale_success() -> None:
    tenant = Tenant(record(**STALE))
    tenant.validate = [rows({"TaskName": "Check connectivity", "IsTaskSuccessful": True}, REFUSED)]
    ran = run(tenant)
    (sent,) = tenant.sent("Set")
    assert sent["IsValidated"] is False
    assert sent["LastValidationTimestamp"] == "2026-11-25T12:00:00Z"
    assert (ran.one["status"], ran.one["success"], ran.one["recorded"]) == ("failed", False, True)
    assert ran.result.error is not None
    assert ran.result.error.kind == "not_validated"
    assert ran.result.error.message == (
        "1 of 1 connectors did not come through their validation. The outbound connector 'to a' did not pass Exchange's"
        " validation: 'm': 451 5.7.3 STARTTLS is required to send mail. The partner's server offers no STARTTLS: the"
        " partner must switch TLS on. See what its servers offer with partner_tls_info."
    )


def test_a_failure_without_a_success_to_take_back_writes_nothing() -> None:
    tenant = Tenant()
    tenant.validate = [rows(REFUSED)]
    ran = run(tenant)
    assert tenant.sent("Set") == []
    assert (ran.one["status"], ran.one["recorded"], ran.result.changed) == ("failed", False, False)


def test_the_gravest_of_several_failures_is_the_tasks() -> None:
    tenant = Tenant(*(record(f"to {name}") for name in "abc"))
    tenant.validate = [rows(REFUSED), rows(), rows(REFUSED)]
    entries = [{"name": f"to {name}", "recipients": ["it@a.example"]} for name in "abc"]
    ran = run(tenant, *entries, concurrency=1)
    assert [one["status"] for one in ran.result.data["validations"]] == ["failed", "unknown", "failed"]
    assert ran.result.error is not None
    assert ran.result.error.kind == "unreadable"
    assert ran.result.error.message.startswith("3 of 3 connectors did not come through their validation. ")


def test_fail_on_never_tells_all_the_same() -> None:
    tenant = Tenant()
    tenant.validate = [rows(REFUSED)]
    ran = run(tenant, fail_on="never")
    assert ran.result.error is None
    assert ran.one["error"]["kind"] == "not_validated"


@pytest.mark.parametrize("misleading", [UNUSED, FOREIGN])
def test_a_connector_that_is_not_in_routing_yet_is_tried_again(misleading: dict[str, t.Any]) -> None:
    tenant = Tenant()
    tenant.validate = [rows(misleading), rows(misleading)]
    ran = run(tenant)
    assert (ran.one["status"], ran.one["tries"], ran.slept) == ("passed", 3, list(PAUSES[:2]))
    assert ran.one["seconds"] == sum(PAUSES[:2])
    assert ran.one["error"] is ran.result.error is None
    assert len(tenant.sent("Set")) == 1


@pytest.mark.parametrize("misleading", [UNUSED, FOREIGN])
def test_trying_again_ends(misleading: dict[str, t.Any]) -> None:
    tenant = Tenant()
    tenant.validate = [rows(misleading)] * 20
    ran = run(tenant)
    assert (ran.one["status"], ran.one["tries"], ran.slept) == ("failed", 1 + len(PAUSES), list(PAUSES))
    assert "up to an hour" in ran.one["error"]["message"]
    assert ran.one["error"]["retryable"] is True


def test_a_disabled_connector_is_told_to_be_the_reason() -> None:
    tenant = Tenant(record(Enabled=False))
    tenant.validate = [rows(FOREIGN)]
    ran = run(tenant)
    assert (ran.one["tries"], ran.slept) == (1, [])
    assert "The connector is disabled" in ran.one["error"]["message"]


UNREAD: dict[str, Answer] = {
    "no row": rows(),
    "a row that says nothing": rows({"TaskName": "Send test email"}),
    "one row that says nothing": rows(OK, {"TaskName": "Send test email", "IsTaskSuccessful": None}),
    "a number": rows({"TaskName": "m", "IsTaskSuccessful": 1}),
    "a text": rows({"TaskName": "m", "IsTaskSuccessful": "Succeeded"}),
    "a row that is a text": rows(OK, "Succeeded"),
    "a single object": response(200, {"value": OK}),
    "a text for a list": response(200, {"value": "Succeeded"}),
    "no value": response(200, {"@adminapi.warnings": []}),
    "nothing": response(204),
    "an empty body": response(200),
    "not JSON": response(200, b"<html>True</html>"),
    "cut off": response(
        200, b'{"value":[{"TaskName":"m","IsTaskSuccessful":true}', Content_Length="200", Connection="close"
    ),
    "an error inside": response(200, {"error": {"message": "boom"}, "value": [OK]}),
    "errors beside": rows(OK, **{"@adminapi.errors": ["boom"]}),
    "a second page": rows(OK, **{"@odata.nextLink": "/adminapi/beta/x/InvokeCommand?$skiptoken=1"}),
    "a list cut off": rows(OK, **{"@adminapi.warnings": ["There are more results available than are displayed"]}),
    "500": response(500, b"boom"),
    "502": response(502),
    "504": response(504),
    "lost": None,
}


@pytest.mark.parametrize("standing", [{}, STALE], ids=["never validated", "a stale success"])
@pytest.mark.parametrize("answer", UNREAD.values(), ids=UNREAD.keys())
def test_what_was_not_read_as_a_success_is_not_recorded(answer: Answer, standing: dict[str, t.Any]) -> None:
    """And not as a failure either: it says nothing about the partner. It is not repeated, since it may have run."""
    tenant = Tenant(record(**standing))
    tenant.validate = [answer]
    ran = run(tenant)
    assert len(tenant.sent("Validate")) == 1
    assert tenant.sent("Set") == []
    assert (ran.one["status"], ran.one["success"], ran.one["recorded"]) == ("unknown", None, False)
    assert ran.result.error is not None
    assert "The outbound connector 'to a'" in ran.result.error.message
    assert "othing was recorded" in ran.result.error.message
    assert ran.result.error.retryable is True


def test_a_refusal_of_the_service_is_passed_on() -> None:
    tenant = Tenant(record(**STALE))
    tenant.validate = [refusal("ManagementObjectNotFoundException", "object 'to a' couldn't be found.")]
    ran = run(tenant)
    assert (ran.one["status"], ran.one["error"]["kind"]) == ("failed", "not_found")
    assert tenant.sent("Set") == []
    assert "couldn't be found. Nothing was recorded." in ran.one["error"]["message"]


def test_throttling_is_waited_for() -> None:
    tenant = Tenant()
    tenant.validate = [response(429, Retry_After="7"), response(503)]
    ran = run(tenant)
    assert (ran.one["status"], ran.one["tries"]) == ("passed", 1)
    assert len(tenant.sent("Validate")) == 3


@pytest.mark.parametrize("answer", [None, response(500), response(200, b"x")], ids=["lost", "500", "garbled"])
def test_a_lost_answer_to_the_record_is_looked_up(answer: Answer) -> None:
    tenant = Tenant()
    tenant.sets = [answer]
    ran = run(tenant)
    assert len(tenant.sent("Set")) == 1
    assert (ran.one["recorded"], ran.one["error"], ran.slept) == (True, None, [LOOKS[0]])


def test_a_record_that_shows_late_is_not_taken_for_lost() -> None:
    """Each look is four reads, and each sending begins the wait anew: only the looks behind the last one see it."""
    tenant = Tenant()
    tenant.sets = [None] * SENDS
    tenant.unseen = 8
    ran = run(tenant)
    assert len(tenant.sent("Set")) == SENDS
    assert (ran.one["recorded"], ran.one["error"], ran.slept) == (True, None, [*LOOKS])


def test_a_lost_answer_after_a_misleading_one_is_not_known() -> None:
    tenant = Tenant()
    tenant.validate = [rows(UNUSED), None]
    ran = run(tenant)
    assert (ran.one["status"], ran.one["tries"], ran.one["steps"]) == ("unknown", 2, [])


@pytest.mark.parametrize(
    "standing",
    [
        {},
        {**STALE, "ValidationRecipients": ["it@a.example"]},
        {"IsValidated": True, "LastValidationTimestamp": wire(NOW + LATER), "ValidationRecipients": ["x@a.example"]},
        {"IsValidated": False, "LastValidationTimestamp": wire(NOW + LATER), "ValidationRecipients": ["it@a.example"]},
    ],
    ids=["never validated", "another time", "other recipients", "a failure"],
)
def test_a_record_that_did_not_take_effect_is_sent_again(standing: dict[str, t.Any]) -> None:
    """Also where what stands is nearly what was to be written."""
    tenant = Tenant(record(**standing))
    tenant.validate = [rows(UNUSED)]  # so that the time of the record is known beforehand
    tenant.sets = [None] * 9
    tenant.stored = False
    ran = run(tenant, max_age="0")
    assert {sent["LastValidationTimestamp"] for sent in tenant.sent("Set")} == {f"{NOW + LATER:%Y-%m-%dT%H:%M:%SZ}"}
    assert len(tenant.sent("Set")) == SENDS < len(LOOKS)
    assert (ran.one["status"], ran.one["success"], ran.one["recorded"]) == ("passed", True, False)
    assert ran.result.changed is False
    assert ran.result.error is not None
    assert ran.result.error.kind == "unknown_outcome"
    assert "passed the validation, but that could not be recorded" in ran.result.error.message


def test_a_refused_record_is_an_error() -> None:
    for stale, answer in ((False, rows(OK)), (True, rows(REFUSED))):
        tenant = Tenant(record(**STALE) if stale else record())
        tenant.validate, tenant.sets, tenant.stored = [answer], [refusal("ArgumentException", "no")], False
        ran = run(tenant)
        assert ran.one["recorded"] is False
        assert ran.result.error is not None
        assert ("recorded success could not be taken back" in ran.result.error.message) is stale


def test_several_side_by_side_each_recorded_at_once() -> None:
    tenant = Tenant(*(record(f"to {name}") for name in "abcdefgh"))
    entries = [{"name": f"to {name}", "recipients": ["it@a.example"]} for name in "abcdefgh"]
    ran = run(tenant, *entries, concurrency=4, batch_size=10)
    assert [one["connector"] for one in ran.result.data["validations"]] == [entry["name"] for entry in entries]
    counts = collections.Counter(cmdlet for cmdlet, _parameters in tenant.calls)
    assert counts["Validate-OutboundConnector"] == counts["Set-OutboundConnector"] == 8
    for name in "abcdefgh":
        own = [cmdlet for cmdlet, sent in tenant.calls if sent.get("Identity") == f"guid of to {name}"]
        assert own == ["Validate-OutboundConnector", "Set-OutboundConnector"]


def test_an_inbound_connector_is_named_as_such() -> None:
    inbound = {"Name": "From A", "Guid": "g"}
    with pytest.raises(InputError, match="an inbound one of that name does"):
        run(Tenant(inbound=[inbound]), {"name": "from a", "recipients": ["it@a.example"]})


def test_bad_options_are_told_before_anything_is_sent() -> None:
    tenant = Tenant()
    with pytest.raises(InputError) as caught:
        run(tenant, {"name": "to a", "recipients": []}, max_age="never")
    subjects = [problem.partition(":")[0] for problem in caught.value.problems]
    assert subjects == ["max_age", "connectors[0] (outbound 'to a')"]
    assert tenant.calls == []


def test_an_empty_list_asks_nothing() -> None:
    tenant = Tenant()
    ran = run(tenant, connectors=[])
    assert (ran.result.data["validations"], ran.result.changed, tenant.calls) == ([], False, [])


# -- somebody else at the same connector -------------------------------------------------------------------------------


class Changing(Tenant):
    """Somebody changes the connector, or deletes it (None), right after it was validated; some looks are late."""

    def __init__(self, members: dict[str, t.Any] | None, late: t.Collection[int] = (), *, whole: bool = True) -> None:
        super().__init__(record(**STALE))
        self._members = members
        self._late = late
        self._whole = whole
        self._looks = 0
        self._validated = False
        self._before = [dict(one) for one in self.connectors.values()]

    def __call__(self, seen: Seen) -> Answer:
        cmdlet = "" if seen.path.endswith("$batch") else seen.json["CmdletInput"]["CmdletName"]
        if self._validated and cmdlet == "Get-OutboundConnector":
            self._looks += 1
            if self._looks in self._late:
                return rows(*self._before)
            if not self._whole:
                return response(200, b"x")
        answer = super().__call__(seen)
        if cmdlet.startswith("Validate"):
            self._validated = True
            for guid in list(self.connectors):
                if self._members is None:
                    del self.connectors[guid]
                else:
                    self.connectors[guid].update(self._members)
        return answer

    def _set(self, parameters: dict[str, t.Any]) -> Answer:
        if parameters["Identity"] not in self.connectors:
            return response(204)
        return super()._set(parameters)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"TlsSettings": "EncryptionOnly"}, "changed tls_settings of it"),
        ({"RecipientDomains": ["a.example", "b.example"]}, "changed recipient_domains of it"),
        ({"SmartHosts": ["mx.b.example"], "UseMXRecord": False}, "changed smart_hosts, use_mx_record of it"),
        ({"Guid": "another"}, "deleted it and made another one of that name"),
        (None, "deleted it"),
    ],
)
def test_what_somebody_changed_while_it_was_validated_is_not_validated(
    members: dict[str, t.Any] | None, words: str
) -> None:
    tenant = Changing(members)
    ran = run(tenant)
    assert (ran.one["status"], ran.one["success"], ran.result.changed) == ("unknown", None, True)
    assert ran.result.error is not None
    assert ran.result.error.kind == "changed_meanwhile"
    assert ran.one["error"]["message"] == (
        f"The outbound connector 'to a' passed the validation, but while this ran somebody else {words}. What was"
        " validated is not known, so it does not count as validated. Run again when nobody else works on the"
        " connectors."
    )
    gone = words.startswith("deleted")
    assert [sent["IsValidated"] for sent in tenant.sent("Set")] == ([True] if gone else [True, False])
    assert ran.slept == [3.0]


@pytest.mark.parametrize("members", [{}, {"Comment": "new"}, {"Enabled": False}, {"IsTransportRuleScoped": True}])
def test_what_has_no_part_in_how_the_mail_goes_may_change(members: dict[str, t.Any]) -> None:
    tenant = Changing(members)
    ran = run(tenant)
    assert (ran.one["status"], ran.one["recorded"], ran.one["error"]) == ("passed", True, None)
    assert [sent["IsValidated"] for sent in tenant.sent("Set")] == [True]


def test_a_replica_that_lags_behind_is_nobody_else() -> None:
    tenant = Changing({"TlsSettings": "EncryptionOnly"})
    tenant.connectors = {guid: dict(one, TlsSettings="DomainValidation") for guid, one in tenant.connectors.items()}
    tenant._members, tenant._late = {}, (1,)
    assert run(tenant).one["status"] == "passed"


def test_a_success_that_could_not_be_taken_back_is_told() -> None:
    tenant = Changing({"TlsSettings": "EncryptionOnly"})
    tenant.sets = [response(204), refusal("System.Exception", "No.")]
    message = run(tenant).one["error"]["message"]
    assert "so it does not count as validated, but the recorded success could not be taken back: " in message


def test_a_look_that_fails_is_a_warning() -> None:
    ran = run(Changing({}, whole=False))
    assert (ran.one["status"], ran.one["recorded"]) == ("passed", True)
    (warning,) = ran.result.warnings
    assert "it is not known whether somebody else changed them at the same time: " in warning

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module returns: the keys that are documented, in values that survive JSON."""

from __future__ import annotations

import dataclasses
import datetime
import json
import typing as t

import pytest
import yaml

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import (
    Certificate,
    Dane,
    DaneStatus,
    Failure,
    Host,
    Route,
    Tlsa,
    TlsRpt,
    Trust,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Observation, Server, Target
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.present import present, timestamp
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.rules import judge
from ansible_collections.mailflow.exchange_online.plugins.modules import partner_tls_info
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls import observations as made
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.observations import NOW

Values = dict[str, t.Any]


def shown(observation: Observation) -> Values:
    """One partner as it comes back from JSON."""
    found: Values = json.loads(json.dumps(present(observation, judge(observation, NOW, 14), NOW)))
    return found


def full() -> Observation:
    """A partner with everything that can be seen."""
    server = dataclasses.replace(made.server(), trust=Trust("expired", 10, "certificate has expired"))
    return made.observation(server, mta_sts=made.policy(), tls_rpt=TlsRpt("found", ("mailto:a@contoso.com",)))


def documented() -> Values:
    keys: Values = yaml.safe_load(partner_tls_info.RETURN)["partners"]["contains"]
    return keys


def compare(values: t.Any, keys: Values, path: str = "") -> None:
    """Each documented key is there and no other, to the depth that the documentation has."""
    assert set(values) == set(keys), path
    for key, entry in keys.items():
        within = values[key] if isinstance(values[key], list) else [values[key]]
        for value in within:
            if "contains" in entry and value is not None:
                compare(value, entry["contains"], f"{path}.{key}")


def test_what_is_returned_is_what_is_documented() -> None:
    values = shown(full())
    assert values["hosts"]
    assert values["hosts"][0]["chain"]
    assert values["mta_sts"]
    assert values["findings"]
    compare(values, documented())


def test_a_partner_of_whom_nothing_was_seen_has_the_same_keys() -> None:
    nothing = Observation(Target("contoso.com"), Route(problem="nxdomain"))
    compare(shown(nothing), documented())
    assert shown(nothing)["hosts"] == []


def test_a_server_that_was_not_reached_has_the_same_keys() -> None:
    unreached = Server(Host("mx.contoso.com"), "192.0.2.1", made.broken("connect", "refused"))
    values = shown(made.observation(unreached))
    compare(values, documented())
    (host,) = values["hosts"]
    assert (host["failed_at"], host["failure"], host["failure_detail"]) == ("connect", "refused", "so it was")
    assert (host["protocol"], host["cipher"], host["offers_tls13"], host["trust"]) == (None, None, None, None)
    assert (host["banner"], host["starttls"], host["chain"], host["sustains"]) == (None, None, [], None)


def test_a_server_that_was_cut_off_says_so() -> None:
    cut = made.server(session=dataclasses.replace(made.session(), failure=Failure("connect", "deadline")))
    assert shown(made.observation(cut))["hosts"][0]["failure"] == "deadline"


@pytest.mark.parametrize(
    ("left", "days"), [({"days": 14}, 14), ({"days": 1, "seconds": -1}, 0), ({"seconds": -1}, -1), ({"days": -3}, -3)]
)
def test_days_left_are_whole_and_negative_after_the_end(left: dict[str, int], days: int) -> None:
    leaf = dataclasses.replace(leaf_of(full()), not_after=NOW + datetime.timedelta(**left))
    (host,) = shown(made.observation(made.server(leaf=leaf)))["hosts"]
    assert host["chain"][0]["days_left"] == days


def leaf_of(observation: Observation) -> Certificate:
    leaf = observation.servers[0].leaf
    assert leaf is not None
    return leaf


def test_moments_are_in_utc() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    assert timestamp(datetime.datetime(2026, 12, 18, 1, 30, tzinfo=zone)) == "2026-12-17T23:30:00Z"


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [
        ((), "none"),
        (("none", "match"), "none"),
        (("match", "match"), "match"),
        (("match", "unjudged"), "unjudged"),
        (("unusable", "unjudged"), "unusable"),
        (("match", "mismatch", "unusable"), "mismatch"),
        (("match", "bogus", "mismatch"), "bogus"),
    ],
)
def test_the_worst_server_stands_for_all(statuses: tuple[DaneStatus, ...], worst: str) -> None:
    servers = [dataclasses.replace(made.server(), dane=Dane(status)) for status in statuses]
    assert (
        shown(made.observation(*servers) if servers else Observation(Target("p.test"), Route()))["dane"]["status"]
        == worst
    )


def test_records_are_written_as_in_a_zone_file() -> None:
    dane = Dane("match", (Tlsa(3, 1, 1, b"\x00\xff"), Tlsa(2, 0, 0, b"")))
    (host,) = shown(made.observation(dataclasses.replace(made.server(), dane=dane)))["hosts"]
    assert host["dane"]["records"] == ["3 1 1 00ff", "2 0 0 "]

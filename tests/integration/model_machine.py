# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant, a list, other administrators, faults and crashes, in any order; and what holds at every moment.

A step is one of these: the list is edited, somebody else edits the tenant, the world or the time moves on, a run meets
faults, a run dies, a run comes to its end. After the last one the tenant equals the list, the next run writes nothing,
and what is foreign was never touched; and at no moment of any run is less enforced than before and than wished for.
"""

from __future__ import annotations

import contextlib
import typing as t

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from ansible_collections.mailflow.exchange_online.tests.integration import model_list
from ansible_collections.mailflow.exchange_online.tests.integration.kills import Role, StoppedError
from ansible_collections.mailflow.exchange_online.tests.integration.model_coverage import (
    Coverage,
    agreed_strength,
    domains_of,
    in_use,
    lacking,
    lower,
)
from ansible_collections.mailflow.exchange_online.tests.integration.model_list import DOMAINS, MARK, NAMES, Partner
from ansible_collections.mailflow.exchange_online.tests.integration.model_tenant import KilledError, ModelTenant
from ansible_collections.mailflow.exchange_online.tests.lab.exchange.records import Record
from ansible_collections.mailflow.exchange_online.tests.lab.faults import Fault

Values = dict[str, t.Any]
Consent = str | list[str]

DIRECTIONS = ("outbound", "inbound")
_OF_VALIDATION = ("IsValidated", "LastValidationTimestamp")
THEIRS = "[mailflow.exchange_online owner=somebody else]"

names = st.sampled_from(NAMES)
places = st.integers(0, 7)
directions = st.sampled_from(DIRECTIONS)
consents = st.one_of(st.just("all"), st.lists(names, unique=True, max_size=2))
#: What happens to whom; those of a batch concern an item.
_ACTIONS: tuple[tuple[str, Values], ...] = (
    ("throttle", {"retry_after": 1}),
    ("status", {"status": 503}),
    ("status", {"status": 500}),
    ("status", {"status": 500, "effect": True}),
    ("status", {"status": 400}),
    ("status", {"status": 403}),
    ("drop_before", {}),
    ("drop_after", {}),
    ("stall", {"seconds": 0, "answer": False}),
    ("truncate", {}),
    ("invalid_json", {}),
    ("not_json", {}),
    ("empty_body", {}),
    ("error_in_200", {}),
)
_OF_ITEM: tuple[tuple[str, Values], ...] = (
    ("missing_item", {}),
    ("duplicate_item", {}),
    ("error_item", {"status": 500}),
    ("error_item", {"status": 429}),
)
faults = st.one_of(
    st.tuples(
        st.sampled_from(("*", "New-*", "Set-*", "Remove-*", "Get-*", "Validate-*")),
        st.sampled_from(_ACTIONS),
        st.sampled_from((1, 2, 30)),
        st.integers(0, 6),
    ),
    st.tuples(
        st.sampled_from(("*", "New-*", "Set-*")), st.sampled_from(_OF_ITEM), st.sampled_from((1, 2)), st.integers(0, 6)
    ),
)


class Model(RuleBasedStateMachine):
    """The machine. ``made`` counts the steps of all of them."""

    made: t.ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.tenant = ModelTenant()
        self.listed: dict[str, Partner] = {}
        self.not_ready: set[str] = set()
        self.count = 0
        self.stopped = ""
        self._patches = contextlib.ExitStack()
        for patch in self.tenant.patched():
            self._patches.enter_context(patch)

    def teardown(self) -> None:
        self._patches.close()
        self.tenant.close()

    def step(self) -> None:
        type(self).made += 1

    # -- the list ------------------------------------------------------------------------------------------------------

    @rule(name=names, data=st.data())
    def write_entry(self, name: str, data: st.DataObject) -> None:
        """An entry comes, or says something else. The domains that it names are on no other entry afterwards."""
        self.step()
        self._list(data.draw(model_list.partners(name, self.tenant.now())))

    @rule(
        name=names, data=st.data(), what=st.sampled_from(("domains", "state", "level", "demand", "validated", "starts"))
    )
    def change_entry(self, name: str, data: st.DataObject, what: str) -> None:
        """An entry changes in one thing."""
        self.step()
        drawn = data.draw(model_list.partners(name, self.tenant.now()))
        known = self.listed.get(name, drawn)
        self._list(Partner(**{**vars(known), what: getattr(drawn, what)}))

    @rule(name=names)
    def strike_out(self, name: str) -> None:
        """An entry goes."""
        self.step()
        self.listed.pop(name, None)

    def _list(self, partner: Partner) -> None:
        for other in list(self.listed.values()):
            left = tuple(domain for domain in other.domains if domain not in partner.domains)
            if other.name != partner.name and left != other.domains:
                self.listed.pop(other.name)
                if left:
                    self.listed[other.name] = Partner(**{**vars(other), "domains": left})
        self.listed[partner.name] = partner

    # -- everybody else ------------------------------------------------------------------------------------------------

    @rule(
        direction=directions,
        place=places,
        what=st.sampled_from(("off", "on", "lower", "delete", "rename", "domain", "unmark", "scope")),
    )
    def touch_ours(self, direction: str, place: int, what: str) -> None:
        """Another administrator changes a connector of ours."""
        self.step()
        standing = [guid for guid, record in self.tenant.records(direction).items() if _is_marked(record)]
        if standing:
            self._touch(direction, standing[place % len(standing)], what)

    def _touch(self, direction: str, guid: str, what: str) -> None:
        self.count += 1
        lower_to: Values = {"TlsSettings": "EncryptionOnly"} if direction == "outbound" else {"RequireTls": False}
        scope: Values = {"IsTransportRuleScoped": True} if direction == "outbound" else {"Enabled": False}
        option = "RecipientDomains" if direction == "outbound" else "SenderDomains"
        edits: dict[str, Values] = {
            "off": {"Enabled": False},
            "on": {"Enabled": True},
            "lower": lower_to,
            "scope": scope,
            "rename": {"Name": f"Renamed {self.count}"},
            "domain": {option: [DOMAINS[self.count % len(DOMAINS)]]},
            "unmark": {"Comment": (THEIRS, "")[self.count % 2]},
        }
        if what == "delete":
            self.tenant.remove(direction, guid)
        else:
            self.tenant.edit(direction, guid, **edits[what])

    @rule(direction=directions, domain=st.sampled_from(DOMAINS), enabled=st.booleans(), pinned=st.booleans())
    def make_foreign(self, direction: str, domain: str, enabled: bool, pinned: bool) -> None:
        """Another administrator makes a connector."""
        self.step()
        self.count += 1
        common = {"Name": f"Foreign {self.count}", "ConnectorType": "Partner", "Enabled": enabled, "Comment": "by hand"}
        if direction == "outbound":
            level = "CertificateValidation" if pinned else None
            self.tenant.put("outbound", **common, RecipientDomains=[domain], TlsSettings=level)
        else:
            pin = {"RestrictDomainsToCertificate": pinned, "TlsSenderCertificateName": "mx.foreign.example"}
            self.tenant.put("inbound", **common, SenderDomains=[domain], RequireTls=True, **pin)

    @rule(
        direction=directions, place=places, what=st.sampled_from(("off", "on", "lower", "delete", "delete", "domain"))
    )
    def touch_foreign(self, direction: str, place: int, what: str) -> None:
        """Another administrator changes a connector of theirs."""
        self.step()
        standing = [guid for guid, record in self.tenant.records(direction).items() if not _is_marked(record)]
        if standing:
            self._touch(direction, standing[place % len(standing)], what)

    @rule(name=names, domain=st.sampled_from(DOMAINS), servers=st.booleans())
    def move_world(self, name: str, domain: str, servers: bool) -> None:
        """A partner's servers break, or are mended: as the probe sees it, or for mail."""
        self.step()
        if servers:
            self.not_ready ^= {name}
        else:
            self.tenant.partners.deaf ^= {model_list.mailed(domain)}

    @rule(hours=st.sampled_from((1, 24, 24, 800)))
    def wait(self, hours: int) -> None:
        """Time passes."""
        self.step()
        self.tenant.pass_by(hours * 3600.0)

    # -- runs ----------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.listed)
    @rule(
        consent=consents,
        batch=st.sampled_from((1, 10)),
        prune=st.booleans(),
        met=st.lists(faults, min_size=1, max_size=3),
        stale=st.sampled_from((0, 0, 2)),
        wave=st.sampled_from((0, 1)),
    )
    def run_with_faults(
        self, consent: Consent, batch: int, prune: bool, met: list[t.Any], stale: int, wave: int
    ) -> None:
        """A run meets faults."""
        self.step()
        for pattern, (action, arguments), times, after in met:
            self.tenant.world.faults.add(Fault({"cmdlet": pattern}, action, times, after, **arguments))
        self.tenant.world.switches.update({"visibility_reads": stale, "replicas": "flip_flop" if stale else "one"})
        self.run(consent, batch=batch, prune=prune, wave_size=wave)
        self.tenant.world.faults.clear()
        self.tenant.world.switches.reset()

    @precondition(lambda self: self.listed)
    @rule(
        consent=consents,
        batch=st.sampled_from((1, 10)),
        prune=st.booleans(),
        die_at=st.integers(6, 40),
        late=st.booleans(),
        cut=st.booleans(),
    )
    def run_and_die(self, consent: Consent, batch: int, prune: bool, die_at: int, late: bool, cut: bool) -> None:
        """A run dies at a request, or loses its network for good."""
        self.step()
        self.run(consent, batch=batch, prune=prune, die_at=die_at, late=late, cut=cut)

    @precondition(lambda self: self.listed)
    @rule(consent=consents, batch=st.sampled_from((1, 10)), prune=st.booleans(), wave=st.sampled_from((0, 0, 1)))
    def run_clean(self, consent: Consent, batch: int, prune: bool, wave: int) -> None:
        """A run comes to its end, and another one after it."""
        self.step()
        result = self.run(consent, batch=batch, prune=prune, wave_size=wave)
        if result is None:
            # A list by which nothing is to stand is not taken for one by which everything is to go.
            assert self.stopped.startswith("prune: connectors is empty"), self.stopped
            return
        if consent == "all":
            self._equals(result, prune=prune)
        before = self.settings()
        self.run(consent, batch=batch, prune=prune, wave_size=wave)
        # Who did not pass Exchange's validation is tried again, and a disabled connector is not validated.
        tried = any((one["held"] or {}).get("reason") == "validation" for one in result["partners"])
        assert not self.tenant.moments or tried, "\n".join(["The second run wrote", *self.tenant.told])
        assert self.settings() == before

    def run(
        self,
        consent: Consent,
        *,
        batch: int,
        prune: bool,
        wave_size: int = 0,
        die_at: int = 0,
        late: bool = False,
        cut: bool = False,
    ) -> Values | None:
        """A run, and what has to hold in it; its result where it came to its end."""
        consent = consent if consent == "all" else [name for name in consent if name in self.listed]
        options = {
            "connection": {**self.tenant.connection(), "batch_size": batch},
            "partners": [partner.entry() for partner in self.listed.values()],
            "terms": {
                "allow_weaken": consent,
                "prune": prune,
                "prune_limit": 100,
                "wave_size": wave_size,
                "now": f"{self.tenant.now():%Y-%m-%dT%H:%M:%SZ}",
                "evidence": {name: self._evidence(name) for name in self.listed},
                "run_id": "model",
            },
        }
        demanded, foreign = self._demanded(consent), self._foreign(prune=prune)
        self.tenant.begin(die_at=die_at, late=late, cut=cut)
        result = None
        try:
            result = Role(options, self.tenant.module).run()
        except (KilledError, StoppedError) as problem:
            self.stopped = str(problem)
        for number, moment in enumerate(self.tenant.moments, start=1):
            missing = lacking(demanded, moment)
            assert not missing, "\n".join([*missing, *self.tenant.told[:number]])
        assert {place: self.tenant.records(place[0]).get(place[1]) for place in foreign} == foreign
        return result

    def settings(self) -> dict[tuple[str, str], Values]:
        """What stands, without when it was changed or validated."""
        return {
            (direction, guid): {name: value for name, value in record.values.items() if name not in _OF_VALIDATION}
            for direction in DIRECTIONS
            for guid, record in self.tenant.records(direction).items()
        }

    def _evidence(self, name: str) -> Values:
        if name in self.not_ready:
            return {"verdict": "not_ready", "names": [], "obstacles": [{"message": "No STARTTLS."}]}
        return {"verdict": "ready", "names": [], "obstacles": []}

    # -- what has to hold ----------------------------------------------------------------------------------------------

    def _demanded(self, consent: Consent) -> Coverage:
        """What has to be covered at every moment of a run: what is now, less what may and is to be given up."""
        now, wished = self.tenant.now(), {}
        for partner in self.listed.values():
            wished.update(partner.wish(now))
        found: Coverage = {}
        for direction in DIRECTIONS:
            for record in self.tenant.records(direction).values():
                if not in_use(direction, record):
                    continue
                strength = agreed_strength(direction, record)
                owner = next((p for p in self.listed.values() if p.connector(direction) == record.name), None)
                agreed = consent == "all" or (owner is not None and owner.name in consent)
                for domain in domains_of(direction, record):
                    wish = next(iter(wished.get((direction, domain), ())), (0,) * len(strength))
                    found.setdefault((direction, domain), set()).add(lower(strength, wish) if agreed else strength)
        return found

    def _foreign(self, *, prune: bool) -> dict[tuple[str, str], Record]:
        """Connectors that no run may touch."""
        ours = {(d, p.connector(d)) for p in self.listed.values() for d in DIRECTIONS}
        return {
            (direction, guid): record
            for direction in DIRECTIONS
            for guid, record in self.tenant.records(direction).items()
            if THEIRS in str(record.values["Comment"])
            or ((direction, record.name) not in ours and not (prune and _is_marked(record)))
        }

    def _equals(self, result: Values | None, *, prune: bool) -> None:
        """The tenant equals the list, but for who is held, and for a reason that is one."""
        assert result is not None
        assert result["outcome"]["error"] is None or self._theirs_in_the_way(), result["outcome"]["msg"]
        held = {one["name"]: one["held"]["reason"] for one in result["partners"] if one["held"]}
        for name, reason in held.items():
            assert self._is_held(self.listed[name], reason, held), f"{name} is held by {reason}"
        waiting = {domain for name in held for domain in self.listed[name].domains}
        for partner in self.listed.values():
            if self._theirs_in_the_way():
                break  # what somebody else has holds up others as well, and that is told
            if held.get(partner.name, "enforce_from") == "enforce_from":
                wrong = self._wrong(partner, waiting)
                assert not wrong, "\n".join([*wrong, *self.tenant.told])
        if prune:
            ours = {p.connector(d) for p in self.listed.values() for d in DIRECTIONS}
            for direction in DIRECTIONS:
                for record in self.tenant.records(direction).values():
                    left = record.name in ours or not _is_marked(record) or waiting & set(domains_of(direction, record))
                    assert left, f"{record.name} was not pruned"

    def _wrong(self, partner: Partner, waiting: set[str]) -> list[str]:
        found: list[str] = []
        for direction in DIRECTIONS:
            record = self._named(direction, partner)
            others = waiting - set(partner.domains)
            if record is not None and partner.state != "planned" and others & set(domains_of(direction, record)):
                continue  # it keeps what nobody else may have yet
            enabled = partner.state == "enforced" and not partner.dated(self.tenant.now())
            if partner.state == "absent":
                found += [f"{record.name} stands"] if record is not None else []
            elif partner.state != "planned":
                if record is None:
                    found.append(f"{partner.connector(direction)} is not there")
                else:
                    found += model_list.unlike(partner, direction, record, enabled=enabled, others=())
        return found

    def _named(self, direction: str, partner: Partner) -> Record | None:
        wanted = partner.connector(direction)
        return next((one for one in self.tenant.records(direction).values() if one.name == wanted), None)

    def _is_theirs(self, partner: Partner) -> bool:
        records = [self._named(direction, partner) for direction in DIRECTIONS]
        return any(THEIRS in str(record.values["Comment"]) for record in records if record is not None)

    def _theirs_in_the_way(self) -> bool:
        return any(self._is_theirs(partner) for partner in self.listed.values())

    def _is_held(self, partner: Partner, reason: str, held: t.Mapping[str, str]) -> bool:
        """Whether there is such a reason."""
        if reason == "enforce_from":
            return partner.dated(self.tenant.now())
        if reason == "probe":
            return partner.name in self.not_ready
        if reason == "validation":
            return partner.validated and partner.recipient in self.tenant.partners.deaf
        if reason == "wave":
            return any(other in ("validation", "wave") for name, other in held.items() if name != partner.name)
        if reason == "refused":  # with consent, by somebody else's mark alone
            return self._theirs_in_the_way()
        assert reason == "conflict", reason
        return self._is_kept_out(partner) or self._keeps(partner, held)

    def _keeps(self, partner: Partner, held: t.Iterable[str]) -> bool:
        """Whether it has a domain in use that is somebody's who is held, so that its own change has to wait."""
        waiting = {domain for name in held if name != partner.name for domain in self.listed[name].domains}
        return any(
            waiting & set(domains_of(direction, record))
            for direction in DIRECTIONS
            if (record := self._named(direction, partner)) is not None and in_use(direction, record)
        )

    def _is_kept_out(self, partner: Partner) -> bool:
        """Whether somebody else's connector is in its way, or a partner whose wildcard is pinned and goes before it."""
        pinned = [d for p in self.listed.values() if p.demand != "tls" and p is not partner for d in p.domains]
        if partner.demand == "tls" and any(_overlap(d, own) for d in pinned for own in partner.domains):
            return True
        return self._is_theirs(partner) or any(
            _overlap(domain, theirs)
            for direction in DIRECTIONS
            for record in self.tenant.records(direction).values()
            if in_use(direction, record) and record.name != partner.connector(direction)
            for theirs in domains_of(direction, record)
            for domain in partner.domains
        )


def _is_marked(record: Record) -> bool:
    return MARK in str(record.values["Comment"])


def _overlap(one: str, other: str) -> bool:
    return one.removeprefix("*.") == other.removeprefix("*.")

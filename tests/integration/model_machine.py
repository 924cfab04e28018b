# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant, a list, other administrators, faults and crashes, in any order; and what holds at every moment.

A step is one of these: the list is edited, or adopts what stands, somebody else edits the tenant, the world or the time
moves on, partners are to share connectors, forced TLS is taken off somebody in haste, a run meets faults, a run dies, a
run is only a check, a run comes to its end. After the last one the tenant equals the list and what a check has told,
the next run writes nothing, no domain has come to two connectors that nobody was told of, what was adopted has its
comment, and what is foreign was never touched; and at no moment of any run is less enforced than before and than wished
for.
"""

from __future__ import annotations

import functools
import typing as t

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from ansible_collections.mailflow.exchange_online.plugins.filter.break_glass_connectors import break_glass_connectors
from ansible_collections.mailflow.exchange_online.plugins.filter.connectors_snapshot import connectors_snapshot
from ansible_collections.mailflow.exchange_online.tests.integration import model_list
from ansible_collections.mailflow.exchange_online.tests.integration.kills import Role, StoppedError
from ansible_collections.mailflow.exchange_online.tests.integration.model_back import Returning
from ansible_collections.mailflow.exchange_online.tests.integration.model_checks import (
    DIRECTIONS,
    THEIRS,
    Consent,
    Values,
    doing,
    domains_in,
    held_in,
    is_marked,
)
from ansible_collections.mailflow.exchange_online.tests.integration.model_coverage import in_use, lacking
from ansible_collections.mailflow.exchange_online.tests.integration.model_gather import Gathering
from ansible_collections.mailflow.exchange_online.tests.integration.model_list import DOMAINS, NAMES, Partner
from ansible_collections.mailflow.exchange_online.tests.integration.model_tenant import KilledError
from ansible_collections.mailflow.exchange_online.tests.lab.faults import Fault

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
#: Mostly writes: what a run does after an answer that it cannot read is what is to be seen.
_CMDLETS = ("New-*", "New-*", "Set-*", "Set-*", "Remove-*", "Get-*", "Validate-*", "*")
_AFTER = st.sampled_from((0, 0, 1, 2, 6))
faults = st.one_of(
    st.tuples(st.sampled_from(_CMDLETS), st.sampled_from(_ACTIONS), st.sampled_from((1, 2, 30)), _AFTER),
    st.tuples(st.sampled_from(("*", "New-*", "Set-*")), st.sampled_from(_OF_ITEM), st.sampled_from((1, 2)), _AFTER),
)


class Model(Returning, Gathering):
    """The machine. ``made`` counts the steps of all of them."""

    made: t.ClassVar[int] = 0

    @classmethod
    def step(cls) -> None:
        cls.made += 1

    # -- the list ------------------------------------------------------------------------------------------------------

    @rule(
        name=names,
        data=st.data(),
        adopts=st.sampled_from(((), (), (), DIRECTIONS, DIRECTIONS[:1], DIRECTIONS[1:])),
        enabled=st.booleans(),
        pinned=st.booleans(),
    )
    def write_entry(self, name: str, data: st.DataObject, adopts: tuple[str, ...], enabled: bool, pinned: bool) -> None:
        """An entry comes, or says something else. The domains that it names are on no other entry afterwards.

        It may be for what somebody has made by hand, or makes now: that becomes the partner's, in place.
        """
        self.step()
        partner = data.draw(model_list.partners(name, self.tenant.now()))
        adopted = tuple((direction, self._to_adopt(partner, direction, enabled, pinned)) for direction in adopts)
        self._list(Partner(**{**vars(partner), "adopts": adopted}))

    @rule(
        name=names, data=st.data(), what=st.sampled_from(("domains", "state", "level", "demand", "validated", "starts"))
    )
    def change_entry(self, name: str, data: st.DataObject, what: str) -> None:
        """An entry changes in one thing."""
        self.step()
        drawn = data.draw(model_list.partners(name, self.tenant.now()))
        known = self.listed.get(name, drawn)
        self._list(Partner(**{**vars(known), what: getattr(drawn, what)}))

    def _to_adopt(self, partner: Partner, direction: str, enabled: bool, pinned: bool) -> str:
        """The name of a connector that has one of the partner's domains and is nobody's yet."""
        taken = {other.adopted(direction) for other in self.listed.values() if other.name != partner.name}
        for record in self.tenant.records(direction).values():
            free = record.name not in taken and not model_list.is_composed(direction, record)
            if free and not set(partner.domains).isdisjoint(domains_in(record)):
                return record.name
        return self._make_foreign(direction, partner.domains, enabled, pinned)

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
        standing = [guid for guid, record in self.tenant.records(direction).items() if is_marked(record)]
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
        self._make_foreign(direction, [domain], enabled, pinned)

    def _make_foreign(self, direction: str, domains: t.Sequence[str], enabled: bool, pinned: bool) -> str:
        # The same names in both directions, as people give them.
        taken = {record.name for record in self.tenant.records(direction).values()}
        taken |= {partner.adopted(direction) for partner in self.listed.values()}
        name = next(name for number in range(1, 100) if (name := f"Foreign {number}") not in taken)
        common = {"Name": name, "ConnectorType": "Partner", "Enabled": enabled, "Comment": "by hand"}
        if direction == "outbound":
            level = "CertificateValidation" if pinned else None
            self.tenant.put("outbound", **common, RecipientDomains=list(domains), TlsSettings=level)
        else:
            pin = {"RestrictDomainsToCertificate": pinned, "TlsSenderCertificateName": "mx.foreign.example"}
            self.tenant.put("inbound", **common, SenderDomains=list(domains), RequireTls=True, **pin)
        return name

    @rule(
        direction=directions, place=places, what=st.sampled_from(("off", "on", "lower", "delete", "delete", "domain"))
    )
    def touch_foreign(self, direction: str, place: int, what: str) -> None:
        """Another administrator changes a connector of theirs."""
        self.step()
        standing = [guid for guid, record in self.tenant.records(direction).items() if not is_marked(record)]
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

    @initialize(size=st.sampled_from((0, 0, 3)))
    def begin_to_share(self, size: int) -> None:
        """Partners that agree share connectors from the beginning, or not."""
        self.pack = size

    @rule(size=st.sampled_from((0, 3)))
    def share(self, size: int) -> None:
        """Partners that agree are to share connectors, or not any more."""
        self.step()
        self.pack = size

    @precondition(lambda self: self.listed)
    @rule(name=names)
    def break_glass(self, name: str) -> None:
        """Somebody takes forced TLS off a partner in haste."""
        self.step()
        partner = self.listed.get(name)
        if partner is None:
            return
        self.tenant.begin()
        connection = self.tenant.connection()
        inventory = self.tenant.module("connector_info", connection)
        off = break_glass_connectors(
            [name], inventory, [p.entry() for p in self.listed.values()], now=f"{self.tenant.now():%Y-%m-%dT%H:%M:%SZ}"
        )
        before = self.named_settings()
        foreign, mine = self.foreign(prune=False), {d for r in self.own(partner) for d in domains_in(r)}
        mine |= {d for r in self.composed(partner) for d in domains_in(r)}
        foreign = {place: record for place, record in foreign.items() if record not in self.composed(partner)}
        others = self.covered(mine | set(partner.domains))
        done = self.tenant.module("connectors", {**connection, "connectors": off["connectors"], "allow_weaken": True})
        # What somebody else has marked is left to them, and told.
        assert not done.get("failed") or "belongs to owner 'somebody else'" in done["msg"], done["msg"]
        self.keep(connectors_snapshot(off, inventory, "break_glass"), before)
        assert {place: self.tenant.records(place[0]).get(place[1]) for place in foreign} == foreign
        assert self.covered(mine | set(partner.domains)) == others
        if not self.is_theirs(partner):
            left = [r.name for r in self.own(partner) if in_use("inbound", r)]
            assert not left, f"{left} are in use after the glass was broken"

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
        """A run meets faults. If it says that nothing failed, all is done."""
        self.step()
        for pattern, (action, arguments), times, after in met:
            self.tenant.world.faults.add(Fault({"cmdlet": pattern}, action, times, after, **arguments))
        self.tenant.world.switches.update({"visibility_reads": stale, "replicas": "flip_flop" if stale else "one"})
        result = self.run(consent, batch=batch, prune=prune, wave_size=wave)
        self.tenant.world.faults.clear()
        self.tenant.world.switches.reset()
        if stale:
            self.kept = None  # it was made of what a replica had that lagged behind
        if result is None or stale or result["outcome"]["error"] is not None:
            return
        # A validation that met a fault gave no clear answer, and holds; and so does the wave after it.
        if not {reason for _name, reason in held_in(result)} & {"validation", "wave"}:
            told = self._check(consent, prune=prune, wave_size=wave, resume=())
            left = doing(told, "planned") if told else set()
            assert not left, f"The run said that nothing failed, and {sorted(left)} is left to do"

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
    @rule(
        consent=consents,
        batch=st.sampled_from((1, 10)),
        prune=st.booleans(),
        wave=st.sampled_from((0, 0, 1)),
        resume=st.one_of(st.just([]), st.just(list(NAMES)), st.lists(names, unique=True, max_size=1)),
        foretold=st.booleans(),
    )
    def run_clean(
        self, consent: Consent, batch: int, prune: bool, wave: int, resume: list[str], foretold: bool
    ) -> None:
        """A run comes to its end, and another one after it. It does what check mode has told, if that was asked."""
        self.step()
        resume = [name for name in resume if name in self.listed]
        told = self._check(consent, prune=prune, wave_size=wave, resume=resume) if foretold else None
        broken, before, doubled = self.broken(resume), self.settings(), self.doubled()
        result = self.run(consent, batch=batch, prune=prune, wave_size=wave, resume=resume)
        if told is not None and result is not None:
            self.came_true(told, result, before)
        back = [name for name in broken if self.is_enforced(self.listed[name])]
        assert not back, f"{back} were enforced although the glass is broken"
        if result is None:
            # A list by which nothing is to stand is not taken for one by which everything is to go.
            assert self.stopped.startswith("prune: connectors is empty"), self.stopped
            return
        told_of = {(one["direction"], domain) for one in result["plan"]["conflicts"] for domain in one["domains"]}
        beside = self.doubled() - doubled - told_of
        assert not beside, "\n".join([f"{sorted(beside)} are in use twice", *self.tenant.told])
        if consent == "all":
            self.equals(result, prune=prune)
        reasons = {reason for _name, reason in held_in(result)}
        # What is refused was told before, so it stops nobody else.
        assert "wave" not in reasons or "validation" in reasons, f"A wave did not come, and who failed? {reasons}"
        before = self.settings()
        self.run(consent, batch=batch, prune=prune, wave_size=wave, resume=resume)
        # Who did not pass Exchange's validation is tried again, and a disabled connector is not validated.
        tried = any((one["held"] or {}).get("reason") == "validation" for one in result["partners"])
        assert not self.tenant.moments or tried, "\n".join(["The second run wrote", *self.tenant.told])
        assert self.settings() == before

    @precondition(lambda self: len(self.listed) > 1)
    @rule(name=names, consent=consents)
    def move_all(self, name: str, consent: Consent) -> None:
        """All take another way, one after the other, and one asks for less of who sends: a refusal is in a wave."""
        for partner in self.listed.values():
            less = {"demand": "tls"} if partner.name == name else {}
            moved = {"state": "enforced", "starts": None, "validated": False, "hosts": not partner.hosts}
            self.listed[partner.name] = Partner(**{**vars(partner), **moved, **less})
        self.run_clean(consent, batch=10, prune=False, wave=1, resume=[], foretold=True)

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
        check: bool = False,
        resume: t.Sequence[str] = (),
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
                "evidence": {name: self.evidence(name) for name in self.listed},
                "run_id": "model",
                "pack": bool(self.pack),
                "pack_size": self.pack or 50,
                "resume": list(resume),
            },
        }
        demanded, foreign = self.demanded(consent), self.foreign(prune=prune)
        self.tenant.begin(die_at=die_at, late=late, cut=cut)
        result = role = None
        before, words = self.named_settings(), self.adopted_words()
        try:
            role = Role(options, functools.partial(self.tenant.module, check=check))
            result = role.run()
        except (KilledError, StoppedError) as problem:
            self.stopped = str(problem)
        self.keep(role.snapshot if role else None, before)
        for number, moment in enumerate(self.tenant.moments, start=1):
            missing = lacking(demanded, moment)
            assert not missing, "\n".join([*missing, *self.tenant.told[:number]])
        assert {place: self.tenant.records(place[0]).get(place[1]) for place in foreign} == foreign
        if result is not None:
            self.waves_change_something(result["plan"])
        now = self.adopted_words()
        changed = [place for place in words.keys() & now.keys() if words[place] != now[place]]
        assert not changed, f"{changed} have another comment, although they were adopted"
        return result

    @precondition(lambda self: self.listed)
    @rule(consent=consents, prune=st.booleans(), wave=st.sampled_from((0, 1)))
    def run_in_check_mode(self, consent: Consent, prune: bool, wave: int) -> None:
        """A run in check mode writes nothing, whatever it meets."""
        self.step()
        self._check(consent, prune=prune, wave_size=wave, resume=())

    def _check(self, consent: Consent, *, prune: bool, wave_size: int, resume: t.Sequence[str]) -> Values | None:
        before = {direction: self.tenant.records(direction) for direction in DIRECTIONS}
        told = self.run(consent, batch=10, prune=prune, wave_size=wave_size, check=True, resume=resume)
        assert not self.tenant.moments, "\n".join(["Check mode wrote", *self.tenant.told])
        assert {direction: self.tenant.records(direction) for direction in DIRECTIONS} == before
        return told

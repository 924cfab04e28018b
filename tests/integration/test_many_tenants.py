# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many tenants in one run: who fails stops alone, and the rest ends as if it had been alone."""

from __future__ import annotations

import pathlib
import typing as t
from concurrent import futures

from ansible_collections.mailflow.exchange_online.tests.integration.tenants import (
    COLLECTION,
    Estate,
    ended,
    seed,
    sentence,
    standing,
)
from ansible_collections.mailflow.exchange_online.tests.lab.faults import Fault

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.tests.lab.pytest_plugin import MakeLab

GOOD = ("contoso", "fabrikam")
BAD = ("adatum", "litware", "proseware", "tailspin", "woodgrove")


def names(estate: Estate, tenant: str) -> list[str]:
    return [one["Name"].removeprefix("Forced TLS ") for one in standing(estate.tenant(tenant))]


def test_who_fails_stops_alone_and_says_what_to_do(make_lab: MakeLab, tmp_path: pathlib.Path) -> None:
    lab = make_lab([*seed(*GOOD, *BAD, "wingtip")])
    estate = Estate(lab, tmp_path)
    fabrikam, litware, proseware, tailspin = (estate.tenant(each) for each in ("fabrikam", *BAD[1:4]))
    # One tenant, one way to sign in: a certificate, a secret from the environment, a federated token.
    estate.add("contoso")
    estate.add("fabrikam", exo_certificate_path=None, exo_client_secret="{{ lookup('env', 'FABRIKAM_SECRET') }}")
    estate.add("adatum", exo_certificate_path=None)
    estate.add("litware", exo_retries=1, exo_certificate_path=fabrikam.certificate_pem_path)
    estate.add(
        "proseware", exo_retries=1, exo_federated_token_file=proseware.federated_token_path, exo_certificate_path=None
    )
    estate.add("tailspin", exo_retries=1)
    estate.add("woodgrove", exo_client_secret="{{ lookup('ansible.builtin.file', '/nowhere/secret') }}")
    estate.add("wingtip")
    estate.add("wingtip-again", like="wingtip")
    lab.faults.add(
        Fault({"service": "admin", "tenant": proseware.tenant_id}, "throttle", times=None, retry_after=0),
        Fault({"service": "admin", "tenant": tailspin.tenant_id}, "invalid_json", times=None),
    )

    play = estate.run(f"{COLLECTION}.provision", environment={"FABRIKAM_SECRET": fabrikam.client_secret})

    assert play.rc == 2, play.text
    assert "WARNING" not in play.text
    twice = ("wingtip", "wingtip-again")
    assert ended(play, *GOOD, *BAD, *twice) == {
        **dict.fromkeys(GOOD, "ok"),
        **dict.fromkeys((*BAD, *twice), "failed"),
    }
    for host, words in {
        "adatum": "client_secret",
        "litware": f"in tenant {litware.tenant_id} (certificate",
        "proseware": "the service answered HTTP 429. Run again later",
        "tailspin": "Without the whole list nothing is changed; run again",
        "woodgrove": "/nowhere/secret",
        "wingtip": f"wingtip: the tenant {estate.tenant('wingtip').tenant_id} is in this run as wingtip-again as well",
        "wingtip-again": "take all but one out of the inventory, or leave them out with --limit",
    }.items():
        assert words in sentence(play, host), sentence(play, host)
    assert "the certificate is not accepted: add exactly this certificate" in sentence(play, "litware")
    # Who is in the inventory twice got no request at all, and nobody who failed was written to.
    assert estate.callers() == {*GOOD, "proseware", "tailspin"}
    assert estate.writers() == set(GOOD)
    assert names(estate, "contoso") == [
        *("from own.contoso.example", "from shared.example", "to own.contoso.example", "to shared.example")
    ]

    # Alone, in another lab: the same.
    alone = Estate(make_lab(seed("contoso", "fabrikam")), tmp_path / "alone")
    for host in GOOD:
        alone.add(host)
    limited = alone.run(f"{COLLECTION}.provision", "--limit", "contoso")
    assert limited.rc == 0, limited.text
    assert standing(alone.tenant("contoso")) == standing(estate.tenant("contoso"))
    assert alone.callers() == {"contoso"}


def test_a_tenant_under_two_names_is_seen_before_anything_is_written(make_lab: MakeLab, tmp_path: pathlib.Path) -> None:
    """By what was read: neither the environment's tenant nor a tenant's other name can be compared before."""
    lab = make_lab(seed(*GOOD, "wingtip"))
    estate = Estate(lab, tmp_path)
    estate.add("contoso")
    # One says the tenant's domain, one has its connectors' tenant from the environment.
    estate.add("by-domain", like="fabrikam", exo_tenant_id=estate.tenant("fabrikam").domain)
    estate.add("by-environment", like="fabrikam", exo_tenant_id=None, forced_tls_partners_own=["other.example"])
    environment = {"EXO_TENANT_ID": estate.tenant("fabrikam").tenant_id}
    first = estate.run(f"{COLLECTION}.provision", "--limit", "by-domain")
    assert first.rc == 0, first.text
    before = standing(estate.tenant("fabrikam"))
    lab.journal.clear()

    play = estate.run(f"{COLLECTION}.provision", environment=environment)

    assert ended(play, "contoso", "by-domain", "by-environment") == {
        "contoso": "ok",
        "by-domain": "failed",
        "by-environment": "failed",
    }
    assert "is in this run as by-domain as well" in sentence(play, "by-environment")
    assert standing(estate.tenant("fabrikam")) == before
    assert estate.writers() == {"contoso"}


def test_two_tenants_do_not_share_a_directory(make_lab: MakeLab, tmp_path: pathlib.Path) -> None:
    estate = Estate(make_lab(seed(*GOOD)), tmp_path)
    for host in GOOD:
        estate.add(host)
    play = estate.run(f"{COLLECTION}.provision", forced_tls_report_dir=str(tmp_path / "one"))
    assert ended(play, *GOOD) == dict.fromkeys(GOOD, "failed")
    assert "is that of fabrikam as well" in sentence(play, "contoso")
    assert "as forced_tls/{{ inventory_hostname }}" in sentence(play, "contoso")
    assert estate.callers() == set()


SLICED = ("contoso", "fabrikam", "adatum")


def test_slices_end_as_one_run_does(make_lab: MakeLab, tmp_path: pathlib.Path) -> None:
    """Slice i of n is a job of its own, whose inventory has every n-th host from the i-th on."""
    lab = make_lab(seed(*SLICED))
    estate = Estate(lab, tmp_path)
    for host in SLICED:
        estate.add(host)
    playbook = f"{COLLECTION}.provision"
    whole = estate.run(playbook)
    assert whole.rc == 0, whole.text
    expected = {host: standing(estate.tenant(host)) for host in SLICED}
    written = len(lab.journal.writes())
    assert [len(found) for found in expected.values()] == [4] * len(SLICED)

    slices = [estate.inventory(SLICED[number::2], f"slice{number}.yml") for number in range(2)]

    def run(which: pathlib.Path) -> int:
        return estate.run(playbook, inventory=which).rc

    def after_both(map_: t.Callable[..., t.Iterable[int]]) -> dict[str, t.Any]:
        lab.reset()
        assert list(map_(run, slices)) == [0, 0]
        assert len(lab.journal.writes()) == written
        return {host: standing(estate.tenant(host)) for host in SLICED}

    assert after_both(map) == expected
    with futures.ThreadPoolExecutor() as pool:
        assert after_both(pool.map) == expected

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chains of a run: read, verified and checked once, and completed by what others sent."""

from __future__ import annotations

import asyncio
import collections
import pathlib

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.chains import Chain, Chains
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.verify import Verifier
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.pki import (
    NOW,
    Made,
    crl,
    intermediate,
    leaf,
    make,
    root,
    stranger,
)

ISSUER = "http://ca.example/i.der"
LIST = "http://crl.example/leaf.crl"


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    path = pathlib.Path(tmp_path_factory.mktemp("ca")) / "ca.pem"
    path.write_bytes(root().pem)
    return Verifier(str(path))


def ders(*chain: Made) -> tuple[bytes, ...]:
    return tuple(one.der for one in chain)


class Files:
    """What URLs lead to, and how often each was asked."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: collections.Counter[str] = collections.Counter()

    async def fetch(self, url: str) -> bytes | None:
        self.asked[url] += 1
        await asyncio.sleep(0)
        return self.files.get(url)


def judge(verifier: Verifier, files: Files | None, *chains: tuple[bytes, ...]) -> list[Chain]:
    """Judge chains together, then settle them, as a run does."""

    async def run() -> list[Chain]:
        run_of = Chains(verifier, files.fetch if files else None, NOW)
        found = await asyncio.wait_for(asyncio.gather(*(run_of.judge(chain) for chain in chains)), 30)
        return [run_of.settle(chain, one) for chain, one in zip(chains, found, strict=True)]

    return asyncio.run(run())


def test_a_good_chain_is_trusted_and_its_list_is_read(verifier: Verifier) -> None:
    files = Files({LIST: crl(intermediate())})
    (chain,) = judge(verifier, files, ders(leaf(crl=LIST), intermediate()))
    assert [one.subject for one in chain.certificates] == ["CN=leaf", "CN=Intermediate"]
    assert chain.trust is not None
    assert chain.trust.trusted
    assert chain.revocation.status == "good"


def test_a_chain_that_many_show_is_judged_once(verifier: Verifier) -> None:
    files = Files({LIST: crl(intermediate())})
    shown = ders(leaf(crl=LIST), intermediate())
    chains = judge(verifier, files, *[shown] * 20)
    assert files.asked == {LIST: 1}
    assert all(chain is chains[0] for chain in chains)


def test_whoever_stops_waiting_stops_nobody_else(verifier: Verifier) -> None:
    shown = ders(leaf(crl=LIST), intermediate())
    asked: list[str] = []

    async def run() -> Chain:
        asking, answered = asyncio.Event(), asyncio.Event()

        async def fetch(url: str) -> bytes | None:
            asked.append(url)
            asking.set()
            await answered.wait()
            return crl(intermediate())

        chains = Chains(verifier, fetch, NOW)
        first = asyncio.create_task(chains.judge(shown))
        await asking.wait()
        impatient = asyncio.create_task(chains.judge(shown))
        await asyncio.sleep(0)  # it waits for the first by now
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        answered.set()
        found = await asyncio.wait_for(first, 30)
        assert await chains.judge(shown) is found
        return found

    assert asyncio.run(run()).revocation.status == "good"
    assert asked == [LIST]


def test_the_root_that_nobody_sent_is_found_among_the_trusted(verifier: Verifier) -> None:
    """Its list is the one that the intermediate is looked up in."""
    above = "http://crl.example/root.crl"
    authority = make("Intermediate", root(), authority=True, crl=above)
    chain = ders(leaf(issuer=authority, crl=LIST), authority)
    for numbers, status in (([], "good"), ([authority.certificate.serial_number], "revoked")):
        files = Files({LIST: crl(authority), above: crl(root(), numbers)})
        (found,) = judge(verifier, files, chain)
        assert found.revocation.status == status
        assert files.asked == {LIST: 1, above: 1}


def test_a_chain_that_is_not_trusted_is_in_no_list(verifier: Verifier) -> None:
    files = Files({LIST: crl(stranger())})
    (chain,) = judge(verifier, files, ders(leaf(issuer=stranger(), crl=LIST), stranger()))
    assert chain.revocation.status == "not_checked"
    assert files.asked == {}


def test_what_a_server_sends_beside_its_chain_is_in_no_list(verifier: Verifier) -> None:
    """A certificate of an authority that has nothing to do with it, and that is not looked up."""
    beside = make("Beside", root(), authority=True, crl="http://crl.example/beside.crl")
    files = Files({LIST: crl(intermediate())})
    (chain,) = judge(verifier, files, ders(leaf(crl=LIST), intermediate(), beside))
    assert chain.revocation.status == "good"
    assert files.asked == {LIST: 1}


def test_what_a_server_leaves_out_is_fetched_to_tell_what_is_wrong(verifier: Verifier) -> None:
    files = Files({ISSUER: intermediate().der})
    (chain,) = judge(verifier, files, ders(leaf(issuer_url=ISSUER)))
    assert chain.trust is not None
    assert (chain.trust.reason, chain.trust.proven) == ("incomplete_chain", True)
    assert files.asked == {ISSUER: 1}


def test_an_unknown_authority_is_found_out_in_the_same_way(verifier: Verifier) -> None:
    (chain,) = judge(verifier, Files({ISSUER: stranger().pem}), ders(leaf(issuer=stranger(), issuer_url=ISSUER)))
    assert chain.trust is not None
    assert (chain.trust.reason, chain.trust.proven) == ("untrusted_root", True)


def test_fetching_ends(verifier: Verifier) -> None:
    """An authority whose certificates name each other as issuers, without end."""
    loop = make("Loop", make("Other", authority=True), authority=True, issuer_url=ISSUER)
    files = Files({ISSUER: loop.der})
    (chain,) = judge(verifier, files, ders(leaf(issuer=loop, issuer_url=ISSUER)))
    assert chain.trust is not None
    assert not chain.trust.trusted
    assert files.asked[ISSUER] <= 3


@pytest.mark.parametrize("with_files", [True, False])
def test_another_servers_chain_completes_it(with_files: bool, verifier: Verifier) -> None:
    files = Files({}) if with_files else None
    short, whole = judge(verifier, files, ders(leaf(issuer_url=ISSUER)), ders(leaf(), intermediate()))
    assert short.trust is not None
    assert whole.trust is not None
    assert (short.trust.reason, short.trust.proven) == ("incomplete_chain", True)
    assert whole.trust.trusted


def test_several_servers_complete_it_together(verifier: Verifier) -> None:
    """Two intermediates are missing, and each comes from another server."""
    lower = make("Lower", intermediate(), authority=True)
    short, *_others = judge(
        verifier, None, ders(leaf(issuer=lower)), ders(leaf(), intermediate()), ders(make("x", lower), lower)
    )
    assert short.trust is not None
    assert (short.trust.reason, short.trust.proven, short.trust.missing) == ("incomplete_chain", True, "CN=Lower")


def test_a_chain_that_nobody_completes_stays_open(verifier: Verifier) -> None:
    short, _other = judge(verifier, None, ders(leaf()), ders(leaf(issuer=stranger()), stranger()))
    assert short.trust is not None
    assert (short.trust.proven, short.trust.missing) == (False, "CN=Intermediate")


def test_a_date_is_told_of_what_is_settled_too(verifier: Verifier) -> None:
    short, _other = judge(verifier, None, ders(leaf(valid=(-9, -1))), ders(leaf(), intermediate()))
    assert short.trust is not None
    assert (short.trust.reason, short.trust.also, short.trust.proven) == ("incomplete_chain", ("expired",), True)


def test_nothing_is_fetched_where_nothing_may_be(verifier: Verifier) -> None:
    (chain,) = judge(verifier, None, ders(leaf(crl=LIST), intermediate()))
    assert chain.revocation.status == "not_checked"


@pytest.mark.parametrize(("valid", "also"), [((-9, -1), ("expired",)), ((1, 9), ("not_yet_valid",)), ((-9, 9), ())])
def test_a_date_is_told_beside_what_openssl_stopped_at(
    valid: tuple[int, int], also: tuple[str, ...], verifier: Verifier
) -> None:
    (chain,) = judge(verifier, None, ders(make("leaf", names=["mx.contoso.com"], valid=valid)))
    assert chain.trust is not None
    assert chain.trust.reason == "self_signed"
    assert chain.trust.also == also


def test_a_leaf_that_cannot_be_read_is_told_and_one_above_it_is_passed_over(verifier: Verifier) -> None:
    broken, passed = judge(verifier, None, (b"garbage", intermediate().der), (*ders(leaf(), intermediate()), b"?"))
    assert broken.problem
    assert broken.trust is None
    assert len(passed.certificates) == 2
    assert judge(verifier, None, ()) == [Chain()]

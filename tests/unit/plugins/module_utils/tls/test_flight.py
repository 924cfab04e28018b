# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of a server, read beside OpenSSL: made by OpenSSL in memory, by hand, and at random."""

from __future__ import annotations

import contextlib
import itertools
import ssl
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.flight import ALERTS, Flight
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.handshake import (
    diagnostic_context,
    exchange_context,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.smtp_peer import server_context

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def record(kind: int, body: bytes) -> bytes:
    return bytes((kind, 3, 3)) + len(body).to_bytes(2, "big") + body


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def hello(tail: bytes = b"\x00" * 8) -> bytes:
    """A ServerHello of TLS 1.2 whose random ends with ``tail``."""
    return message(2, b"\x03\x03" + b"r" * 24 + tail + b"\x00\xc0\x30\x00\x00\x00")


def seen(*pieces: bytes) -> tuple[bool, bool, str, bool]:
    flight = Flight()
    for piece in pieces:
        flight.feed(piece)
    return flight.offers_tls13, flight.client_certificate_asked, flight.alert, flight.is_tls


def recorded(server: ssl.SSLContext, client: ssl.SSLContext) -> bytes:
    """Everything that the server says in a handshake between the two, failed or not."""
    to_client, to_server, said = ssl.MemoryBIO(), ssl.MemoryBIO(), b""
    there = server.wrap_bio(to_server, to_client, server_side=True)
    here = client.wrap_bio(to_client, to_server)
    for _turn in range(8):
        with contextlib.suppress(ssl.SSLError):
            here.do_handshake()
        with contextlib.suppress(ssl.SSLError):
            there.do_handshake()
        data = to_client.read()
        said += data
        to_client.write(data)
    return said


@pytest.mark.parametrize(
    ("server", "client", "expected"),
    [
        (server_context(TLS12, TLS13), exchange_context(), (True, False, "", True)),
        (server_context(TLS12, TLS12), exchange_context(), (False, False, "", True)),
        (server_context(TLS12, TLS13), diagnostic_context(), (False, False, "", True)),
        (server_context(TLS12, TLS12, clients=ssl.CERT_OPTIONAL), exchange_context(), (False, True, "", True)),
        (server_context(TLS13, TLS13), exchange_context(), (False, False, "protocol_version", True)),
        (server_context(suites="CHACHA20"), exchange_context(), (False, False, "handshake_failure", True)),
    ],
    ids=["1.3 and 1.2", "1.2 alone", "1.3 agreed", "client certificate", "1.3 alone", "no suite in common"],
)
def test_what_openssl_says_is_understood(
    server: ssl.SSLContext, client: ssl.SSLContext, expected: tuple[bool, bool, str, bool]
) -> None:
    said = recorded(server, client)
    assert seen(said) == expected
    assert seen(*(said[at : at + 1] for at in range(len(said)))) == expected


def test_a_step_down_to_tls_1_1_is_one_as_well() -> None:
    assert seen(record(22, hello(b"DOWNGRD\x00")))[0]
    assert seen(record(22, hello(b"DOWNGRD\x01")))[0]
    assert not seen(record(22, hello(b"DOWNGRD\x02")))[0]
    assert not seen(record(22, message(11, b"\x03\x03" + b"r" * 24 + b"DOWNGRD\x01")))[0]  # in another message


def test_messages_may_share_a_record_and_span_many() -> None:
    messages = hello(b"DOWNGRD\x01") + message(11, b"c" * 500) + message(13, b"\x01\x01\x00\x00") + message(14, b"")
    assert seen(record(22, messages)) == (True, True, "", True)
    assert seen(*(record(22, messages[at : at + 7]) for at in range(0, len(messages), 7))) == (True, True, "", True)


@pytest.mark.parametrize(
    ("number", "name"), [(40, "handshake_failure"), (112, "unrecognized_name"), (200, "alert 200")]
)
def test_an_alert_has_a_name(number: int, name: str) -> None:
    assert seen(record(21, bytes((2, number))))[2] == name


def test_every_alert_fits_into_a_message() -> None:
    assert all(0 <= number <= 255 and name.replace("_", "").isalpha() for number, name in ALERTS.items())


def test_what_is_encrypted_is_not_read() -> None:
    encrypted = record(20, b"\x01") + record(21, b"\x02\x28") + record(22, message(13, b""))
    assert seen(record(22, hello()) + encrypted) == (False, False, "", True)
    assert seen(record(21, b"\x02\x28" + b"e" * 24))[2] == ""  # an encrypted alert is longer
    assert seen(record(22, hello()) + record(23, b"\x02\x28") + record(21, b"\x02\x28"))[2] == ""


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 400 Bad Request\r\n", b"\x16\x02\x00\x00\x01x", b"\x80\x2e\x01\x00\x02", b"\xff" * 9]
)
def test_what_is_not_tls_is_told(data: bytes) -> None:
    assert seen(data) == (False, False, "", False)
    assert seen(data[:3], data[3:]) == (False, False, "", False)


def test_rubbish_behind_tls_is_still_tls() -> None:
    assert seen(record(22, hello()) + b"HTTP/1.1 400 Bad Request\r\n")[3]


def test_nothing_is_read_behind_256_kib_however_they_are_cut() -> None:
    flood = record(22, b"\x00" * 16384) * 16
    alert = record(21, b"\x02\x28")
    assert seen(flood[: 16389 * 15] + alert)[2] == "handshake_failure"
    assert seen(flood + alert) == seen(flood, alert) == (False, False, "", True)


#: Bytes that are often nearly a flight.
NEARLY = st.lists(
    st.binary(max_size=8)
    | st.builds(record, st.sampled_from([20, 21, 22, 23, 0]), st.binary(max_size=30))
    | st.builds(
        lambda kind, body: record(22, message(kind, body)), st.sampled_from([2, 11, 13]), st.binary(max_size=50)
    )
    | st.sampled_from([record(22, hello(b"DOWNGRD\x01")), record(21, b"\x02\x28"), record(22, message(13, b""))])
    | st.just(record(22, b"\x00" * 16384) * 9),
    max_size=12,
).map(b"".join)


@given(data=NEARLY, cuts=st.lists(st.integers(0, 200), max_size=12))
def test_any_bytes_give_the_same_however_they_are_cut(data: bytes, cuts: list[int]) -> None:
    at = sorted({0, *(cut * max(len(data), 1) // 200 for cut in cuts), len(data)})
    assert seen(*(data[start:end] for start, end in itertools.pairwise(at))) == seen(data)


@pytest.mark.parametrize(
    "piece",
    [
        record(22, b"\xff" * 16384),
        record(22, b"\x00" * 16384),
        record(21, b"\x01\x00"),
        b"\x16\x03\x03\xff\xff" + b"x" * 500,
    ],
    ids=["one endless message", "empty messages", "alerts", "long records"],
)
def test_memory_is_bounded(piece: bytes) -> None:
    flight = Flight()
    tracemalloc.start()
    try:
        for _turn in range(8_000_000 // len(piece) + 1 if len(piece) > 100 else 60_000):
            flight.feed(piece)
        held, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1_000_000

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SMTP replies out of any bytes, however they are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import Reply
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.replies import (
    LONGEST_REPLY,
    MOST_LINES,
    NoReply,
    Replies,
    extensions,
)


def replies(*pieces: bytes) -> list[Reply | str]:
    """Everything that the bytes are taken for, ``no reply`` at the end where they are none."""
    reader = Replies()
    found: list[Reply | str] = []
    try:
        for piece in pieces:
            reader.feed(piece)
            while (reply := reader.take()) is not None:
                found.append(reply)
    except NoReply:
        found.append("no reply")
    return found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"220 mx ESMTP\r\n", Reply(220, ("mx ESMTP",))),
        (b"220\r\n", Reply(220, ("",))),
        (b"220 \r\n", Reply(220, ("",))),
        (b"250-mx\r\n250-SIZE 1\r\n250 STARTTLS\r\n", Reply(250, ("mx", "SIZE 1", "STARTTLS"))),
        (b"250-mx\n250 STARTTLS\n", Reply(250, ("mx", "STARTTLS"))),
        (b"250-mx\r\r\n250 x\r\n", Reply(250, ("mx", "x"))),
        (b"554 \x1b[31mred\x00\xff\r\n", Reply(554, ("[31mred \ufffd",))),
    ],
)
def test_a_reply_is_taken_apart(data: bytes, expected: Reply) -> None:
    assert replies(data) == [expected]


@pytest.mark.parametrize(
    "data",
    [
        *(b"HTTP/1.1 400 Bad Request\r\n", b"\r\n", b"SSH-2.0-OpenSSH_9.6\r\n", b"* OK IMAP4 ready\r\n", b"+OK\r\n"),
        *(b"22 x\r\n", b"2200 x\r\n", b"220_x\r\n", b"199 x\r\n", b"600 x\r\n", b"\xb2\xb2\xb2 x\r\n", b"\x00" * 8),
        *(b"\x16\x03\x01\x00\x02", b"250-mx\r\nSTARTTLS\r\n", b"no line end"),
    ],
)
def test_what_is_no_reply_is_told(data: bytes) -> None:
    assert replies(data) == ["no reply"]


def test_what_is_no_reply_is_shown_in_few_characters() -> None:
    with pytest.raises(NoReply, match=r"^'HTTP/1.1 400 Bad Request'$"):
        _take(b"HTTP/1.1 400 Bad Request\r\n")
    with pytest.raises(NoReply, match=r"^'x{39}…'$"):
        _take(b"x" * 200 + b"\r\n")
    with pytest.raises(NoReply, match="bytes that are no text"):
        _take(b"\x00\x01\x02\r\n")


def _take(data: bytes) -> None:
    reader = Replies()
    reader.feed(data)
    reader.take()


def test_a_reply_that_is_not_whole_is_waited_for() -> None:
    assert replies(b"220") == replies(b"250-mx\r\n250 STARTT") == replies(b"2") == replies(b"") == []


def test_replies_come_one_by_one_and_what_is_behind_them_can_be_taken_away() -> None:
    reader = Replies()
    reader.feed(b"220 a\r\n250 b\r\n221 c")
    assert [reader.take(), reader.take(), reader.take()] == [Reply(220, ("a",)), Reply(250, ("b",)), None]
    assert reader.rest() == b"221 c"
    assert reader.rest() == b""
    reader.feed(b"354 d\r\n")
    assert reader.take() == Reply(354, ("d",))


def test_a_reply_may_have_so_many_lines_and_no_more() -> None:
    whole = b"250-x\r\n" * (MOST_LINES - 1) + b"250 last\r\n"
    assert [reply.code for reply in replies(whole) if isinstance(reply, Reply)] == [250]
    assert replies(b"250-x\r\n" + whole) == ["no reply"]
    assert replies(b"250-x\r\n" * (MOST_LINES + 1)) == ["no reply"]


def test_the_number_of_lines_counts_for_each_reply() -> None:
    whole = b"250-x\r\n" * (MOST_LINES - 1) + b"250 last\r\n"
    assert len(replies(whole * 3)) == 3
    assert "no reply" not in replies(whole * 3)


@pytest.mark.parametrize("start", [b"", b"220 first\r\n"])
def test_a_reply_may_have_so_many_bytes_and_no_more(start: bytes) -> None:
    longest = b"220 " + b"x" * (LONGEST_REPLY - 5) + b"\n"
    longer = b"220 " + b"x" * (LONGEST_REPLY - 4) + b"\n"
    assert [reply for reply in replies(start + longest) if reply == "no reply"] == []
    assert replies(start + longer)[-1] == "no reply"
    assert replies(start, *(longer[at : at + 1000] for at in range(0, len(longer), 1000)))[-1] == "no reply"
    assert replies(start, b"220 " + b"x" * LONGEST_REPLY)[-1] == "no reply"


def test_few_and_short_lines_are_kept_of_a_reply() -> None:
    (reply,) = replies(b"250-" + b"y" * 2000 + b"\r\n" + b"250-x\r\n" * 400 + b"250 last\r\n")
    assert isinstance(reply, Reply)
    assert len(reply.lines) == 100
    assert max(len(line) for line in reply.lines) == 200


def test_extensions_are_the_keywords_behind_the_greeting() -> None:
    reply = Reply(250, ("STARTTLS.partner.example", "size 1000", "", "StartTls", "AUTH PLAIN LOGIN", "SIZE 2"))
    assert extensions(reply) == ("SIZE", "STARTTLS", "AUTH")
    assert extensions(Reply(250, ("mx",))) == extensions(Reply(250)) == ()


#: Bytes that are often nearly a reply.
NEARLY = st.lists(
    st.sampled_from([b"2", b"250", b"220 ", b"250-", b"554", b"\r", b"\n", b"\r\n", b" ", b"-", b"x", b"\xff", b"\x00"])
    | st.binary(max_size=6)
    | st.just(b"y" * 20000)
    | st.just(b"250-z\r\n" * 200)
    | st.just(b"250 " + b"z" * 2 * LONGEST_REPLY + b"\r\n"),
    max_size=24,
).map(b"".join)


@given(data=NEARLY, cuts=st.lists(st.integers(0, 200), max_size=12))
def test_any_bytes_give_the_same_however_they_are_cut(data: bytes, cuts: list[int]) -> None:
    at = sorted({0, *(cut * max(len(data), 1) // 200 for cut in cuts), len(data)})
    pieces = [data[start:end] for start, end in itertools.pairwise(at)]
    assert replies(*pieces) == replies(data)


@given(data=NEARLY)
def test_any_reply_is_short_and_fit_to_be_shown(data: bytes) -> None:
    for reply in replies(data):
        if isinstance(reply, Reply):
            assert 200 <= reply.code <= 599
            assert len(reply.lines) <= 100
            assert all(line.isprintable() and len(line) <= 200 for line in reply.lines)

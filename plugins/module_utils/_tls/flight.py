# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What a server says in clear during a TLS handshake, read beside OpenSSL. Pure.

OpenSSL does the handshake. Three things that it keeps to itself stand in the records: whether a TLS 1.2 answer is
marked as a step down from TLS 1.3, whether a client certificate was asked for, and which alert ended it.
"""

from __future__ import annotations

import typing as t

_ALERT, _HANDSHAKE, _CHANGE_CIPHER_SPEC = 21, 22, 20
_SERVER_HELLO, _CERTIFICATE_REQUEST = 2, 13
#: The last eight bytes of ServerHello.random in a server that has TLS 1.3 and agreed on 1.2, or on less
#: (RFC 8446 section 4.1.3).
_STEPPED_DOWN = (b"DOWNGRD\x01", b"DOWNGRD\x00")
#: A flight with a long chain has some ten kilobytes.
_MOST = 256 * 1024

#: RFC 8446 section 6, and those of RFC 5246 section 7.2 that it has no more.
ALERTS: t.Mapping[int, str] = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}


class Flight:
    """The server's records up to the point where they are encrypted. Takes any bytes, and never raises."""

    def __init__(self) -> None:
        self._records = bytearray()
        self._messages = bytearray()
        self._length = 0
        self._over = False
        self.offers_tls13 = False
        self.client_certificate_asked = False
        self.alert = ""
        #: The first bytes are those of a TLS record.
        self.is_tls = True

    def feed(self, data: bytes) -> None:
        """Take the bytes as they come."""
        if self._over:
            return
        data = data[: _MOST - self._length]  # no more than that in all, however it is cut
        self._length += len(data)
        self._records += data
        while len(self._records) >= 5:
            kind, major = self._records[0], self._records[1]
            if kind not in (_ALERT, _HANDSHAKE, _CHANGE_CIPHER_SPEC) or major != 3:
                self.is_tls = self._length > len(self._records)
                self._over = True
                return
            end = 5 + int.from_bytes(self._records[3:5], "big")
            if len(self._records) < end:
                break
            self._record(kind, bytes(self._records[5:end]))
            if kind == _CHANGE_CIPHER_SPEC:
                self._over = True  # what follows is encrypted
                return
            del self._records[:end]
        self._over = self._length >= _MOST

    def _record(self, kind: int, body: bytes) -> None:
        if kind == _ALERT and len(body) == 2:
            self.alert = ALERTS.get(body[1], f"alert {body[1]}")
        elif kind == _HANDSHAKE:
            self._messages += body
            self._read_messages()

    def _read_messages(self) -> None:
        while len(self._messages) >= 4:
            end = 4 + int.from_bytes(self._messages[1:4], "big")
            if len(self._messages) < end:
                return
            self._message(self._messages[0], bytes(self._messages[4:end]))
            del self._messages[:end]

    def _message(self, kind: int, body: bytes) -> None:
        if kind == _SERVER_HELLO:
            self.offers_tls13 = body[26:34] in _STEPPED_DOWN  # two bytes of version, 32 of random
        elif kind == _CERTIFICATE_REQUEST:
            self.client_certificate_asked = True

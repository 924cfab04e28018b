# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers of the sign-in service, and tokens that it hands out."""

from __future__ import annotations

import base64
import gzip
import json

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _auth, _session
from ansible_collections.mailflow.exchange_online.plugins.module_utils._msal_http import payload_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._signin_errors import refusal
from ansible_collections.mailflow.exchange_online.tests.fuzz import promises

SEEDS = (
    json.dumps({"error": "invalid_client", "error_description": "AADSTS7000215: Wrong.\r\nTrace ID: 1"}).encode(),
    json.dumps({"error": "\x1b[2J" * 50, "error_codes": [10**30], "correlation_id": "\u202e" * 500}).encode(),
    json.dumps({"error": {"a": 1}, "error_description": "x" + " " * 30000}).encode(),
    b"a." + base64.urlsafe_b64encode(json.dumps({"tid": "x", "exp": 1e400, "roles": [[]]}).encode()) + b".c",
    gzip.compress(b"{" + b" " * 100000),
    b"<html>",
)


def check(data: bytes) -> None:
    """A body, and a token."""
    content, whole = _session.unpack(data, limit=4096)
    assert len(content) <= max(4096, len(data))
    promises.refused(refusal(payload_of(_session.Reply(400, {}, content, not whole)), "application x", 400))
    token = _auth.Token("x", _auth.claims_of(data.decode("utf-8", "replace")))
    assert token.may_manage in (True, False, None)
    assert token.tenant is None or len(token.tenant) == 36

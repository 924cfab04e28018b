# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MTA-STS policies, and the records that announce them and ask for reports."""

from __future__ import annotations

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import policy
from ansible_collections.mailflow.exchange_online.tests.fuzz import promises

SEEDS = (
    b"version: STSv1\r\nmode: enforce\r\nmx: *.p.test\r\nmx: mx.p.test\r\nmax_age: 604800\r\n",
    b"version: STSv1\nmode: \x1b[2J\nmax_age: 9\n",
    b"v=STSv1; id=20260101;\nv=TLSRPTv1; rua=mailto:a@p.test,https://p.test/x\x1b\n",
    b"version: STSv1\nmode: none\nmax_age: \xd9\xa3\n",
)


def check(data: bytes) -> None:
    """The same bytes as a policy and as records."""
    try:
        mode, patterns, age = policy.parse_sts_policy(data)
        assert mode in ("enforce", "testing", "none")
        assert 0 <= age <= policy.LONGEST_AGE
        promises.shown(*patterns)
    except policy.Wrong as wrong:
        promises.shown(str(wrong))
    records = data.split(b"\n")
    try:
        promises.shown(policy.parse_sts_record(records) or "")
    except policy.Wrong as wrong:
        promises.shown(str(wrong))
    found = policy.parse_tls_rpt(records)
    promises.shown(found.detail, *found.rua)

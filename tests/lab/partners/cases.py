# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of partners: what each one is, how its world is made, and what a probe must find.

Tests, the demo and the benchmarks take partners from here.
"""

from __future__ import annotations

import typing as t

from . import cases_certificates, cases_dns, cases_policies, cases_servers
from .shapes import Case
from .table import Table

TABLE: t.Final = Table(
    (case for part in (cases_certificates, cases_servers, cases_dns, cases_policies) for case in part.CASES),
    first_net=20,
)
#: By id, in the order of the table.
CASES: t.Final[t.Mapping[str, Case]] = TABLE.cases

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Partner lists as people send them in: CSV, YAML, JSON, and what somebody pasted into a survey."""

from __future__ import annotations

import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import document, rows, survey, table
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import compose
from ansible_collections.mailflow.exchange_online.tests.fuzz import promises

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.timezone.utc)
READERS: tuple[t.Callable[[str], object], ...] = (
    table.read_table,
    document.read_yaml,
    document.read_json,
    survey.partners_of,
)
SEEDS = (
    b"\x00name,domains,state,level\nContoso,contoso.com *.contoso.com,enforced,encryption_only\n",
    b'\x00sep=;\nname;domains\n"=1+1";a.test\n',
    b"\x01- a.test\n- {name: B, domains: [b.test], outbound: {level: encryption_only}, enforce_from: 2026-12-01}\n",
    b"\x01- &a {domains: [a.test]}\n- {<<: *a, domains: [b.test]}\n",
    b'\x02["a.test", {"name": "B", "domains": ["b.test"], "inbound": {"ip_addresses": ["192.0.2.0/24"]}}]',
    '\x03Contoso: contoso.com, *.contoso.com\n- \u202ea.test # why\n"B, C" <bob@b.test>\n'.encode(),
    # Found here: tags of YAML that do not fit, endless numbers, lines that took minutes, lists that fill the memory.
    b"\x01- !!timestamp x\n- !!bool x\n- !!int ''\n- !!float ''\n- !!timestamp {=: 1}\n",
    b"\x02[" + b"9" * 5000 + b"]",
    b"\x03" + b"a" * 20000,
    b"\x03" + b'"a' * 10000,
    b"\x01- &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"- name: &%c [%s]\n" % (98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(9)),
    b"\x01- {? %s : 1}\n" % (b"k" * 5000),
)


def check(data: bytes) -> None:
    """The first byte picks the form of the rest."""
    try:
        text = rows.decoded(data[1:])
        partners = check_partners(READERS[(data[0] if data else 0) % len(READERS)](text))
    except InputError as problem:
        promises.refused(problem)
        return
    for partner in partners:
        promises.shown(partner.name, partner.contact, partner.reference, partner.reason)
    assert len({partner.key for partner in partners}) == len(partners)
    made = compose(partners, NOW)
    assert len({(one["direction"], one["name"].casefold()) for one in made}) == len(made)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a list that was asked for with some members only is asked for again, whole."""

from __future__ import annotations

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._judge import Fault, Page
from ansible_collections.mailflow.exchange_online.plugins.module_utils._listing import Listing, Selection
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Call, invoke_url

CALL = Call("Get-OutboundConnector", {}, ("Name", "Guid"))
WHOLE = {"Name": "a", "Guid": "1"}
SHORT = {"Name": "b"}


def listing(selection: Selection, call: Call = CALL) -> Listing:
    return Listing(call, lambda members: invoke_url("https://h", "t", members), selection)


def test_the_address_names_the_members() -> None:
    assert listing(Selection()).url == "https://h/adminapi/beta/t/InvokeCommand?$select=Name,Guid"
    assert listing(Selection(), CALL._replace(members=None)).url == "https://h/adminapi/beta/t/InvokeCommand"


@pytest.mark.parametrize(
    ("page", "short"),
    [
        (Page([], []), False),
        (Page([WHOLE, WHOLE], []), False),
        (Page([WHOLE, SHORT], []), True),
        (Fault("refused", "no"), True),
        # None of these has to do with the members.
        (Fault("unreadable", "no"), False),
        (Fault("forbidden", "no"), False),
        (Fault("throttled", "no"), False),
        (Fault("lost", "no"), False),
        (Fault("partial", "no"), False),
    ],
)
def test_what_falls_short_ends_selecting(page: Page | Fault, short: bool) -> None:
    """Every record is looked at: half of what was asked for is as good as nothing."""
    selection = Selection()
    one = listing(selection)
    assert one.falls_short(page) is short
    assert selection.works is not short
    # What was begun by then is judged all the same, and what begins afterwards is whole.
    assert one.falls_short(page) is short
    assert listing(selection).falls_short(Page([SHORT], [])) is not short


def test_a_later_page_may_fall_short() -> None:
    one = listing(Selection())
    one.take(Page([WHOLE], [], "https://h/adminapi/beta/t/InvokeCommand?$skiptoken=2"))
    assert one.falls_short(Page([SHORT], []))

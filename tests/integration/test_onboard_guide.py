# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guides show what the playbooks print, and the lists that they were given."""

from __future__ import annotations

import datetime as dt
import pathlib
import re
import struct

import pytest
import yaml

from ansible_collections.mailflow.exchange_online.tests.tools import onboard_guide


def test_onboarding_goes_as_the_guide_tells_it(tmp_path: pathlib.Path) -> None:
    """``make docs`` writes it."""
    page = onboard_guide.GUIDE.read_text(encoding="utf-8")
    blocks = onboard_guide.undisturbed(onboard_guide.play, tmp_path / "desk")
    assert onboard_guide.with_lists(page) == page
    assert onboard_guide.render(page, blocks) == page
    daily = onboard_guide.DAILY.read_text(encoding="utf-8")
    assert onboard_guide.render(daily, {"again": blocks["again"]}) == daily

    # What the text between the outputs says of them.
    assert "mx2.woodgrovebank.com [192.0.2.5] does not send the certificate of" in _plain(blocks["found"])
    assert "mx2.woodgrovebank.com [192.0.2.5] does not send the certificate of" in _plain(blocks["letter"])
    assert "2 created, 0 updated" in _plain(blocks["prepared"])
    assert "held: Woodgrove Bank until 2026-12-01 00:00 UTC: enforce_from" in _plain(blocks["held"])
    assert "Exchange validates 1 before they are enforced" in _plain(blocks["ahead"])
    assert blocks["ahead"].count("+    enabled: true") == blocks["plan"].count("+    enabled: true") == 2
    assert "3 enforced, 0 held" in _plain(blocks["switched"])
    assert "Validations 1: 1 passed, 0 failed" in _plain(blocks["switched"])
    assert "6 unchanged, 0 created, 0 updated, 0 deleted, 0 failed" in _plain(blocks["again"])
    assert "held: Woodgrove Bank" in _plain(blocks["glass-held"])
    assert "3 enforced, 0 held" in _plain(blocks["resumed"])
    assert "0 created, 1 updated" in _plain(blocks["wrong"])
    assert "-tls_sender_certificate_name: mail.woodgrovebank.com" in blocks["back"].replace("-    ", "-")


def test_a_tenant_made_by_hand_is_gathered_as_the_guide_tells_it(tmp_path: pathlib.Path) -> None:
    """``make docs`` writes it."""
    page = onboard_guide.MIGRATE.read_text(encoding="utf-8")
    blocks = onboard_guide.undisturbed(onboard_guide.play_by_hand, tmp_path / "desk")
    assert onboard_guide.render(page, blocks) == page
    assert "0 to create, 0 to update, 0 to delete" in _plain(blocks["gathered-check"])
    gathered = yaml.safe_load(blocks["gathered-list"].partition("\n")[2])
    assert [one["outbound"]["adopt"] for one in gathered] == ["to adatum (Bob, 2019)", "Fabrikam TLS"]


@pytest.mark.parametrize("clock", ["00:01:02", "01:30:12", "18:26:27", "23:59:58"])
def test_what_changes_from_day_to_day_is_told_as_of_the_story(tmp_path: pathlib.Path, clock: str) -> None:
    """Whatever the time of the day it is played at."""
    today = dt.datetime.fromisoformat(f"2026-03-04 {clock}+00:00")
    desk = onboard_guide.Desk(tmp_path, today)
    desk.day(onboard_guide.SWITCH)
    run = f"{today:%Y%m%d}T013012Z-4f2a9c"
    name = desk.told(run)
    assert re.fullmatch(r"20261201T0803\d\dZ-[0-9a-f]{6}", name)
    assert desk.told(f"the run {run}, again") == f"the run {name}, again"
    assert desk.told(run.replace("4f", "5f")) != name
    assert desk.told(f"at {today:%Y-%m-%d %H:%M} UTC") == "at 2026-12-01 08:03 UTC"
    assert desk.told(f"{today + dt.timedelta(days=12):%Y-%m-%d}T00:00:00Z") == "2026-12-13T00:00:00Z"
    assert desk.told(f"{today:%Y-%m-%dT%H:%M:%S}Z") == "2026-12-01T08:03:00Z"
    # What ends some hours from now ends on the same day of the story, however late it is.
    for hours, day in ((6, "2026-12-01"), (15, "2026-12-01"), (17, "2026-12-02"), (90 * 24 + 6, "2027-03-01")):
        assert desk.told(f"{today + dt.timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}Z") == f"{day}T08:03:00Z"
    assert desk.told(f"[127.200.7.10] {tmp_path}/plan.json") == "[192.0.2.7] /srv/ansible/partners/plan.json"
    printed = (
        f"TASK [role : tell] ****\nok: [localhost] => \n    msg:\n    - 'Run {run}: at\n        {today:%Y-%m-%d}.'\n\n"
    )
    assert (
        desk.task(printed) == f"TASK [role : tell]\nok: [localhost] =>\n    msg:\n    - 'Run {name}: at 2026-12-01.'\n"
    )
    assert desk.task("TASK [role : do] ***\nok: [localhost] => (item=3 targets)\nincluded: x.yml for localhost\n") == ""
    assert desk.task("TASK [role : do] ***\nchanged: [localhost]\n\n") == "TASK [role : do]\nchanged: [localhost]\n"
    desk.write(onboard_guide.DATED)
    assert f"enforce_from: {today:%Y-%m-%d}\n" in (tmp_path / "partners.yml").read_text(encoding="utf-8")


def test_the_picture_is_a_small_one_of_the_report() -> None:
    """It is made by the tool's option ``--picture``."""
    picture = onboard_guide.PICTURE.read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(picture) < 150_000
    width, height = struct.unpack(">II", picture[16:24])
    assert (width, height > 500) == (1100, True)
    assert f"../images/{onboard_guide.PICTURE.name}\n" in onboard_guide.GUIDE.read_text(encoding="utf-8")


def test_a_guide_without_the_place_for_an_output_is_refused() -> None:
    with pytest.raises(ValueError, match="The guide has no block 'found'"):
        onboard_guide.render("no blocks", {"found": "$ ls"})


def _plain(output: str) -> str:
    return " ".join(output.split())

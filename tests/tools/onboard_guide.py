# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outputs in the guides "Onboard a partner" and "Come from another tool": ``make docs`` plays them in the lab anew.

With ``--picture`` it makes the picture of the report as well, from the report of that story. It takes Chromium.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import typing as t

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".cache" / "collections"
GUIDE = ROOT / "docs" / "docsite" / "rst" / "onboard_partner.rst"
DAILY = GUIDE.with_name("day_by_day.rst")
MIGRATE = ROOT / "docs" / "docsite" / "rst" / "migrate.rst"
PICTURE = ROOT / "docs" / "docsite" / "images" / "onboard_partner_report.png"
sys.path.insert(0, str(COLLECTIONS))

from ansible_collections.mailflow.exchange_online.tests.lab import Lab, TenantSeed  # noqa: E402 - see above
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld  # noqa: E402
from ansible_collections.mailflow.exchange_online.tests.lab.partners.shapes import (  # noqa: E402
    FULL,
    Case,
    Host,
    Leaf,
    Server,
)
from ansible_collections.mailflow.exchange_online.tests.lab.partners.table import Table  # noqa: E402
from ansible_collections.mailflow.exchange_online.tests.tools import message_blocks as rst  # noqa: E402

Blocks = dict[str, str]

#: The days of the story: when it is told to be, whatever day it is. The partner switches on the third.
FOUND, MENDED, SWITCH, NIGHT = "2026-11-02 09:12", "2026-11-16 10:05", "2026-12-01 08:03", "2026-12-02 02:10"
DAY = SWITCH[:10]
HOME = "/srv/ansible/partners"
TENANT = "11111111-2222-3333-4444-555555555555"
_FIRST_NET = 200
#: A line of YAML goes on for a word beyond it, and must still fit where message_blocks breaks lines.
_WIDTH = 92

LIST = """\
- fabrikam.com
- adatum.com
- name: Tailspin Toys
  domains: [tailspintoys.com]
  state: planned
"""
WOODGROVE = """\
- name: Woodgrove Bank
  domains: [woodgrovebank.com]
  {state}
  outbound:
    level: domain_validation
    certificate_name: "*.woodgrovebank.com"
    validation_recipients: [postmaster@woodgrovebank.com]
  inbound:
    certificate_name: {inbound}
  contact: postmaster@woodgrovebank.com
  reference: CHG0042
"""


def listed(state: str, inbound: str = '"*.woodgrovebank.com"') -> str:
    """The partner list, with Woodgrove Bank as it stands in it on some day."""
    lines = textwrap.indent(state, "  ").strip()
    return LIST + WOODGROVE.format(state=lines, inbound=inbound)


#: Connectors as people make them by hand, as the admin center's wizard stores them.
BY_HAND = {
    "outbound": [
        {"Name": "Fabrikam TLS", "RecipientDomains": ["fabrikam.com"], "TlsSettings": "CertificateValidation"},
        {
            "Name": "to adatum (Bob, 2019)",
            "RecipientDomains": ["adatum.com"],
            "TlsSettings": "DomainValidation",
            "TlsDomain": "mx.adatum.com",
            "ValidationRecipients": ["postmaster@adatum.com"],
        },
        {"Name": "Tailspin", "RecipientDomains": ["tailspintoys.com"], "TlsSettings": "EncryptionOnly"},
        {"Name": "to the archive", "IsTransportRuleScoped": True, "TlsSettings": "EncryptionOnly"},
    ],
    "inbound": [
        {"Name": "Fabrikam TLS", "SenderDomains": ["fabrikam.com"], "RequireTls": True},
        {
            "Name": "from adatum",
            "SenderDomains": ["adatum.com"],
            "RequireTls": True,
            "RestrictDomainsToIPAddresses": True,
            "SenderIPAddresses": ["198.51.100.0/24"],
        },
    ],
}

PLANNED = listed("state: planned")
PREPARED = listed("state: prepared")
DATED = listed(f"enforce_from: {DAY}")
WRONG = listed(f"enforce_from: {DAY}", inbound="mail.woodgrovebank.com")


def partners(mended: bool) -> PartnerWorld:
    """The partners' servers, before and after Woodgrove Bank has mended the second of theirs."""
    named = Leaf(names=("*.{domain}",))
    second = Leaf(names=("*.{domain}",), sends="chain" if mended else "leaf_only")
    cases = (
        _case("fabrikam.com", Host()),
        _case("adatum.com", Host(servers=(Server(leaf=Leaf(valid_days=(-78, 12))),))),
        _case("tailspintoys.com", Host(servers=(Server(manner="no_starttls"),))),
        _case(
            "woodgrovebank.com",
            Host(name="mx1.{domain}", servers=(Server(leaf=named),)),
            Host(name="mx2.{domain}", servers=(Server(leaf=second),), preference=20),
        ),
    )
    return PartnerWorld(table=Table(cases, _FIRST_NET))


def _case(domain: str, *hosts: Host) -> Case:
    return Case(domain, domain, domain, FULL, hosts=hosts)


# -- playing it ------------------------------------------------------------------------------------------------------


#: A day, and with it a moment of UTC where there is one.
_MOMENT = re.compile(
    r"(?<!\d)(?P<day>2\d{3}-\d\d-\d\d)(?!\d)(?P<at>[T ](?P<time>\d\d:\d\d(?P<seconds>:\d\d)?)(?= UTC|Z))?"
)


class Desk:
    """Where the administrator works. What is printed on a day of the story becomes what it would be on that day."""

    def __init__(self, directory: pathlib.Path, began: dt.datetime | None = None) -> None:
        self.directory = directory
        self._began = began or _now()
        self._today = self._began.date()
        self._moment = FOUND
        self._list = ""
        self._names: dict[str, str] = {}
        self._hidden: dict[str, t.Any] = {}
        self._environment: dict[str, str] = {}

    def sit_down(self, lab: Lab, world: PartnerWorld) -> None:
        """Take what leads to the lab in place of the real Exchange Online, DNS and port; the guide leaves it out."""
        self._environment = lab.environment()
        self._hidden = {
            "ansible_python_interpreter": sys.executable,
            "forced_tls_probe_options": world.module_options(),
        }

    def forget(self, *names: str, **instead: str) -> None:
        """Take variables out of the environment, and put others in."""
        self._environment = {name: value for name, value in self._environment.items() if name not in names} | instead

    def day(self, moment: str) -> None:
        """Go on to a day of the story."""
        self._moment = moment
        self.write(self._list)
        # What was seen days ago is not known any more.
        (self.directory / "forced_tls" / "localhost" / "probe.json").unlink(missing_ok=True)

    def write(self, partner_list: str) -> None:
        """Put the list down, with the dates as they are today."""
        self._list = partner_list
        (self.directory / "partners.yml").write_text(self._really(partner_list), encoding="utf-8")

    def run(self, playbook: str, *arguments: str, only: str = "", fails: bool = False, **variables: str) -> str:
        """Run a playbook of the collection, or one of a file, and return what is typed and printed.

        ``only``: by these tasks. ``fails``: it is to fail.
        """
        named = playbook if playbook.endswith(".yml") else f"mailflow.exchange_online.{playbook}"
        typed = ["ansible-playbook", named, *arguments]
        for name, value in variables.items():
            typed += ["-e", f"forced_tls_{name}={value}"]
        real = [str(pathlib.Path(sys.executable).with_name("ansible-playbook")), *map(self._really, typed[1:])]
        real += ["-i", "localhost,", "-c", "local", "-e", json.dumps(self._hidden)]
        done = subprocess.run(
            real,
            check=False,
            capture_output=True,
            text=True,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            timeout=600,
            env={
                "PATH": os.environ["PATH"],
                "PWD": str(self.directory),
                "HOME": str(self.directory),
                "LC_ALL": "C.UTF-8",
                "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
                "ANSIBLE_LOCALHOST_WARNING": "false",
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
                **self._environment,
            },
        )
        if bool(done.returncode) != fails:
            ended = "did not fail" if fails else "failed"
            raise RuntimeError(f"A playbook of the guide {ended}: {typed}\n{done.stdout}{done.stderr}")
        shown = (self.task(task) for task in _tasks(done.stdout) if only in task)
        return "\n".join([f"$ {_quoted(typed)}", *filter(None, shown)])

    def file(self, name: str) -> str:
        """A file below the report's directory."""
        return self.told((self.directory / "forced_tls" / "localhost" / name).read_text(encoding="utf-8"))

    def told(self, text: str) -> str:
        """The text as it would be on that day."""
        day, _blank, time = self._moment.partition(" ")
        apart = dt.date.fromisoformat(day) - self._today
        text = text.replace(str(self.directory), HOME)
        text = re.sub(r"127\.\d+\.(\d+)\.\d+", r"192.0.2.\1", text)
        text = re.sub(r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b", lambda found: self._name(found[0]), text)
        text = re.sub(r"\b[0-9a-f]{32}\b", lambda found: self._name(found[0]), text)
        text = re.sub(r"oldest \d+ min", "oldest 1 min", text)
        told = dt.datetime.fromisoformat(f"{day} {time}+00:00")

        def moved(found: re.Match[str]) -> str:
            if found["time"] is None or found["time"].startswith("00:00"):
                return _moved(found["day"], apart) + (found["at"] or "")
            # To the minute: a full one is told without seconds. And by the hours: what ends some hours from now
            # ends on the same day, whenever the story is played.
            there = dt.datetime.fromisoformat(f"{found['day']} {found['time']}+00:00") - self._began + told
            return f"{there.date()}{found['at'][0]}{time}" + (
                ":00" if found["seconds"] and found["at"][0] == "T" else ""
            )

        return _MOMENT.sub(moved, text)

    def _really(self, text: str) -> str:
        """The other way round, for what is typed."""
        apart = self._today - dt.date.fromisoformat(self._moment[:10])
        return text.replace(DAY, _moved(DAY, apart))

    def _name(self, real: str) -> str:
        """A name for a run or a plan, the same each time it comes up."""
        number = len(self._names) + 1
        if "-" in real:
            moment = re.sub(r"\D", "", self._moment)
            return self._names.setdefault(
                real, f"{moment[:8]}T{moment[8:]}{10 + number}Z-{number * 0xA71F3 % 0xFFFFFF:06x}"
            )
        return self._names.setdefault(real, f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128):032x}")

    def task(self, task: str) -> str:
        """A task of the output where it says something; texts are broken where it suits the page."""
        # From ansible-core 2.19 on, what failed is told before the result as well, with the place in the file.
        told_twice = re.compile(r"^\[ERROR\]:.*?(?=^fatal: )", flags=re.MULTILINE | re.DOTALL)
        head, *lines = (line.rstrip() for line in told_twice.sub("", task).rstrip().splitlines())
        said = [line for line in lines if line and not re.match(r"(ok|skipping|included): .*(?<!=>)$", line)]
        if not said:
            return ""
        text = "\n".join(said)
        found = re.fullmatch(r"(\w+: \[\S+\] =>)\n(.*)", text, flags=re.DOTALL)
        if found is None:
            text = self.told(text)
        else:
            # Lengths differ from day to day, and so would the lines.
            values = json.loads(self.told(json.dumps(yaml.safe_load(textwrap.dedent(found[2])))))
            text = f"{found[1]}\n" + textwrap.indent(yaml.safe_dump(values, width=_WIDTH, sort_keys=False), "    ")
        return re.sub(r" \*+$", "", head) + "\n" + text.rstrip() + "\n"


def _tasks(output: str) -> list[str]:
    """The tasks of a run, without what comes before and after."""
    return re.split(r"^(?=TASK \[)", output.partition("\nPLAY RECAP")[0], flags=re.MULTILINE)[1:]


def _quoted(words: t.Sequence[str]) -> str:
    """A command as people type it, a line for each option where it is too long for one."""
    typed = [f"'{word}'" if re.search(r"[^\w./=:@-]", word) else word for word in words]
    whole = " ".join(typed)
    return whole if len(whole) < 100 else re.sub(r" (-e|--check)(?= )", " \\\\\n    \\1", whole)


def _moved(date: str, apart: dt.timedelta) -> str:
    return (dt.date.fromisoformat(date) + apart).isoformat()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


def play(directory: pathlib.Path) -> Blocks:
    """Play the story in an empty directory."""
    desk = Desk(directory)
    usual = {"partners_file": "partners.yml"}
    blocks: Blocks = {}
    tenant = TenantSeed(domain="contoso.onmicrosoft.com", tenant_id=TENANT)
    world = partners(mended=False)
    with Lab(tenant, partners=world) as lab:
        desk.sit_down(lab, world)
        desk.write(LIST)
        desk.run("provision", **usual)  # those who are in force already
        stand = {"outbound": copy.deepcopy(lab.tenant.outbound), "inbound": copy.deepcopy(lab.tenant.inbound)}
        desk.write(PLANNED)
        desk.day(FOUND)
        blocks["found"] = desk.run("report", **usual)
        blocks["letter"] = "$ cat forced_tls/localhost/letters/woodgrove-bank.txt\n" + desk.file(
            "letters/woodgrove-bank.txt"
        )
    tenant.outbound, tenant.inbound = stand["outbound"], stand["inbound"]
    world = partners(mended=True)
    with Lab(tenant, partners=world) as lab:
        desk.sit_down(lab, world)
        desk.day(MENDED)
        desk.write(PREPARED)
        blocks["prepared"] = desk.run("provision", **usual)
        desk.write(DATED)
        blocks["held"] = desk.run("provision", **usual)
        (directory / "report.html").write_text(desk.file("report.html"), encoding="utf-8")
        blocks["ahead"] = desk.run("provision", "--check", "--diff", now=DAY, **usual)
        desk.day(SWITCH)
        blocks["plan"] = desk.run("plan", plan_file="plan.json", **usual)
        blocks["switched"] = desk.run("provision", plan_file="plan.json", **usual)
        blocks["again"] = desk.run("provision", **usual)
        desk.day(NIGHT)
        blocks["glass"] = desk.run("rollback", break_glass='"Woodgrove Bank"', break_glass_reason="INC0815")
        blocks["glass-held"] = desk.run("provision", only="plan | Tell the plan", **usual)
        blocks["resumed"] = desk.run("provision", resume='"Woodgrove Bank"', **usual)
        desk.write(WRONG)
        blocks["wrong"] = desk.run("provision", only="apply | Tell", **usual)
        blocks["back"] = desk.run("rollback", "--diff", rollback_run="last")
    return blocks


def play_by_hand(directory: pathlib.Path) -> Blocks:
    """Gather a tenant that was made by hand, in an empty directory."""
    desk = Desk(directory)
    made = {way: [{"ConnectorSource": "AdminUI", **one} for one in records] for way, records in BY_HAND.items()}
    world = partners(mended=True)
    with Lab(TenantSeed(domain="contoso.onmicrosoft.com", tenant_id=TENANT, **made), partners=world) as lab:
        desk.sit_down(lab, world)
        blocks = {"gathered": desk.run("gather", gather_file="partners.yml")}
        text = desk.told((directory / "partners.yml").read_text(encoding="utf-8"))
        blocks["gathered-list"] = f"$ cat partners.yml\n{_comments(text)}"
        blocks["gathered-check"] = desk.run("provision", "--check", "--diff", partners_file="partners.yml")
        if lab.journal.writes():
            raise RuntimeError("A gathered list has changed something")
    return blocks


def _comments(text: str) -> str:
    """Break long comments so that they stay comments."""
    return "\n".join(
        textwrap.fill(line, 106, subsequent_indent="#   ") if line.startswith("#") else line
        for line in text.splitlines()
    )


def undisturbed(story: t.Callable[[pathlib.Path], Blocks], directory: pathlib.Path) -> Blocks:
    """Play a story so that midnight does not come in between."""
    while True:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        began = _now()
        blocks = story(directory)
        if began.date() == _now().date() and (began.hour, began.minute) != (0, 0):
            return blocks


def render(text: str, blocks: t.Mapping[str, str]) -> str:
    """Return a guide with fresh outputs."""
    for block, content in blocks.items():
        text = rst.replace(text, block, rst.code(content))
    return text


def with_lists(text: str) -> str:
    """Return the guide with the lists of the story."""
    for block, content in (("list", PLANNED), ("list-prepared", PREPARED), ("list-dated", DATED)):
        shown = content if block == "list" else content[content.index("- name: Woodgrove") :]
        text = rst.replace(text, block, ".. code-block:: yaml\n\n" + textwrap.indent(shown, "    "))
    return text


def photograph(page: pathlib.Path) -> None:
    """Make the picture of a report with Chromium, as a browser window shows it.

    On a busy machine parts of the page may be missing, not the same ones twice: two pictures that are alike are whole.
    """
    before = b""
    for _attempt in range(6):
        found = _picture(page)
        if found == before:
            PICTURE.parent.mkdir(parents=True, exist_ok=True)
            PICTURE.write_bytes(found)
            return
        before = found
    raise RuntimeError("Chromium shows the report differently each time; the picture is the old one")


def _picture(page: pathlib.Path) -> bytes:
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or "chromium-browser"
    with tempfile.TemporaryDirectory() as name:
        file = pathlib.Path(name) / "picture.png"
        subprocess.run(
            [
                *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *("--run-all-compositor-stages-before-draw", "--virtual-time-budget=10000"),
                *(f"--user-data-dir={name}", "--window-size=1100,1140", f"--screenshot={file}", page.as_uri()),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        return file.read_bytes()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name) / "desk"
        migrating = undisturbed(play_by_hand, place)
        told = undisturbed(play, place)
        pages = {MIGRATE: migrating, GUIDE: told, DAILY: {"again": told["again"]}}
        for guide, blocks in pages.items():
            page = guide.read_text(encoding="utf-8")
            guide.write_text(render(with_lists(page) if guide == GUIDE else page, blocks), encoding="utf-8")
        if "--picture" in sys.argv[1:]:
            photograph(place / "report.html")

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Debian's Postfix as a partner's mail server: a private one, since it is the real thing that we did not write.

It lives in a temporary directory, in processes of its own, and touches nothing of a Postfix that this machine may have.
The master takes root: without it, or without Postfix, ``unavailable()`` says so.
"""

from __future__ import annotations

import contextlib
import functools
import os
import pathlib
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
import typing as t

from ansible_collections.mailflow.exchange_online.tests.judges import postfix_log
from ansible_collections.mailflow.exchange_online.tests.judges.postfix_log import Letter, Outcome, Session
from ansible_collections.mailflow.exchange_online.tests.judges.postfix_settings import (
    MAILBOX_UID,
    Place,
    Settings,
    main_cf,
    master_cf,
)

__all__ = ["Letter", "Outcome", "Postfix", "Session", "Settings", "unavailable"]

PATIENCE = 20.0  # seconds for whatever is waited for
TURN = 0.02  # seconds between looks
#: A master whose tests were killed ends by itself after so many seconds.
LIFE = 600
_TRIES = 5
_PATH = "/usr/sbin:/usr/local/sbin:/sbin:" + os.environ.get("PATH", "")
#: The queue's directories, who owns them (the account or root) and their modes, as Postfix's postfix-files has them.
_QUEUE = {
    **dict.fromkeys(
        ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"),
        0o700,
    ),
    "maildrop": 0o1730,
    "public": 0o2710,
}


def _run(*command: str) -> str:
    """What one of Postfix's commands prints."""
    done = subprocess.run(
        command,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        env={"PATH": _PATH, "LC_ALL": "C"},
    )
    return done.stdout


@functools.cache
def _built() -> dict[str, str]:
    """What Postfix was built with; empty where it is not installed."""
    if shutil.which("postconf", path=_PATH) is None:
        return {}
    told = _run("postconf", "-d", "daemon_directory", "mail_owner", "setgid_group")
    return dict(line.split(" = ", 1) for line in told.splitlines())


def unavailable() -> str:
    """Why no Postfix can be run here; empty: one can."""
    built = _built()
    if not built or not pathlib.Path(built["daemon_directory"], "master").exists():
        return "not installed (make judges)"
    if os.geteuid() != 0:
        return "its master takes root"
    return ""


class Postfix:
    """A Postfix as a context manager."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._master: subprocess.Popen[bytes] | None = None
        self._place: Place | None = None

    # -- life --------------------------------------------------------------------------------------------------------

    def __enter__(self) -> t.Self:
        self.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when it takes connections."""
        for turn in range(_TRIES):
            try:
                self._start()
            except _PortTaken:
                self.stop()
                if turn == _TRIES - 1:
                    raise
            except BaseException:
                self.stop()
                raise
            else:
                return

    def stop(self) -> None:
        """End its processes, and remove its files. May be called twice."""
        master, self._master = self._master, None
        if master is not None:
            _end(master)
        place, self._place = self._place, None
        if place is not None:
            shutil.rmtree(place.root)

    def _start(self) -> None:
        built = _built()
        port = self.settings.port or _free_port(self.settings.address)
        submission_port = _free_port("127.0.0.1")
        root = pathlib.Path(tempfile.mkdtemp(prefix="mailflow-postfix-"))
        self._place = place = Place(
            root, built["daemon_directory"], built["mail_owner"], built["setgid_group"], port, submission_port
        )
        _furnish(place, self.settings)
        with (root / "stderr").open("wb") as stderr:
            # -d: it stays in the foreground, so this process has its id, and its group is its own.
            self._master = subprocess.Popen(
                [f"{place.daemons}/master", "-d", "-c", str(place.configuration), "-e", str(LIFE)],
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                cwd=root,
                env={"PATH": _PATH, "LC_ALL": "C"},
                start_new_session=True,
            )
        self._wait_for_start(self._master, root / "stderr")

    def _wait_for_start(self, master: subprocess.Popen[bytes], stderr: pathlib.Path) -> None:
        for _turn in _turns():
            ended = master.poll() is not None
            log = self.log() + stderr.read_text(encoding="utf-8", errors="replace")
            if "daemon started" in log and not ended:
                return
            if ended and "Address already in use" in log:
                raise _PortTaken(log)
            if ended or "fatal:" in log:
                raise RuntimeError(f"Postfix did not start: {log}")
        raise TimeoutError(f"Postfix did not start: {self.log()}")

    # -- what is known of it -----------------------------------------------------------------------------------------

    @property
    def place(self) -> Place:
        if self._place is None:
            raise RuntimeError("This Postfix is not running")
        return self._place

    @property
    def port(self) -> int:
        """Where it takes mail, on the address of its settings."""
        return self.place.port

    def log(self) -> str:
        """All that it has logged."""
        with contextlib.suppress(FileNotFoundError):
            return self.place.log.read_text(encoding="utf-8", errors="replace")
        return ""

    # -- taking ------------------------------------------------------------------------------------------------------

    def letters(self, count: int = 0) -> list[Letter]:
        """The messages in its mailbox, oldest first; waits until there are so many."""
        for _turn in _turns():
            stored = sorted(
                (self.place.mailboxes / "letters" / "new").glob("*"), key=lambda path: path.stat().st_mtime_ns
            )
            if len(stored) >= count:
                return [postfix_log.letter(path.read_bytes()) for path in stored]
        raise TimeoutError(f"Not {count} letters in Postfix's mailbox: {self.log()}")

    def sessions(self, count: int = 0) -> list[Session]:
        """The connections to it that have ended; waits until there are so many."""
        for _turn in _turns():
            ended = postfix_log.sessions(self.log())
            if len(ended) >= count:
                return ended
        raise TimeoutError(f"Not {count} sessions in Postfix's log: {self.log()}")

    # -- sending -----------------------------------------------------------------------------------------------------

    def submit(self, mail_from: str, recipient: str, content: bytes) -> str:
        """Hand it a message to send. Returns the id in its queue."""
        with smtplib.SMTP("127.0.0.1", self.place.submission_port, "client.partner.test", timeout=PATIENCE) as client:
            client.ehlo()
            for code, text in (client.mail(mail_from), client.rcpt(recipient), client.data(content)):
                if code >= 400:
                    raise RuntimeError(f"Postfix did not take the message: {code} {text!r}")
        return text.decode("ascii").rpartition(" ")[2]  # 2.0.0 Ok: queued as 4F2C81A0B2

    def outcome(self, queue_id: str, attempt: int = 1) -> Outcome:
        """What became of a message that it was to send on, as soon as it has tried so many times."""
        for _turn in _turns():
            found = postfix_log.outcomes(self.log(), queue_id)
            if len(found) >= attempt:
                return found[attempt - 1]
        raise TimeoutError(f"Postfix has not tried to send {queue_id}: {self.log()}")

    def retry(self, queue_id: str) -> Outcome:
        """Have it try once more to send a deferred message."""
        tried = len(postfix_log.outcomes(self.log(), queue_id))
        _run("postqueue", "-c", str(self.place.configuration), "-i", queue_id)
        return self.outcome(queue_id, tried + 1)


class _PortTaken(Exception):
    """Somebody took the port between its choice and the start."""


def _turns() -> t.Iterator[None]:
    """Look, wait a moment, look again, until patience ends."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        yield
        time.sleep(TURN)


def _written(path: pathlib.Path) -> int:
    return path.stat().st_mtime_ns


def _free_port(address: str) -> int:
    # The master cannot be handed a socket. SO_REUSEADDR is not set, so the system picks one that nobody has.
    with socket.socket() as one:
        one.bind((address, 0))
        return t.cast(int, one.getsockname()[1])


def _furnish(place: Place, settings: Settings) -> None:
    """Make the directories and files that a package or `postfix check` would make."""
    owner = pwd.getpwnam(place.owner).pw_uid
    place.root.chmod(0o755)  # its processes are other accounts
    place.configuration.mkdir(mode=0o755)
    _make(place.data, owner, 0o700)
    _make(place.mailboxes, MAILBOX_UID, 0o700)
    _make(place.queue, 0, 0o755)
    _make(place.queue / "pid", 0, 0o755)
    for name, mode in _QUEUE.items():
        _make(place.queue / name, owner, mode)
    for name, pem in (("server", settings.pem), ("client", settings.client_pem), ("trusted", settings.ca_pem)):
        if pem:
            place.pem(name).touch(mode=0o600)
            place.pem(name).write_bytes(pem)
    (place.configuration / "main.cf").write_text(main_cf(settings, place), encoding="ascii")
    (place.configuration / "master.cf").write_text(master_cf(settings, place), encoding="ascii")
    # Every process of Postfix waits until the file is a second old, in case somebody is still writing it.
    os.utime(place.configuration / "main.cf", times=(0, 0))


def _make(path: pathlib.Path, owner: int, mode: int) -> None:
    path.mkdir()
    os.chown(path, owner, -1)
    path.chmod(mode)


def _end(master: subprocess.Popen[bytes]) -> None:
    """Tell the master to end, which ends its own; what is left of its group after that is killed."""
    for name in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(master.pid, name)
        for _turn in _turns():
            if master.poll() is not None and not _alive_in_group(master.pid):
                return


def _alive_in_group(group: int) -> bool:
    """Whether processes of a group are alive. The dead hold nothing, but may wait long for an init to ask for them."""
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            # 4711 (smtpd) S 4700 4690 ...: the state, the parent and the group follow the name.
            state, _parent, its_group = (
                path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[:3]
            )
            if int(its_group) == group and state not in ("Z", "X"):
                return True
    return False

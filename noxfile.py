# Copyright: (c) 2026, mailflow.exchange_online contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The targets of the Makefile as sessions of nox, for who is used to it: "nox -l" lists them, "nox -s lint" runs one.

Every command stands in the Makefile, with the environments that it needs; a session only calls it.
"""

from __future__ import annotations

import nox

#: Session -> what it does. The names are those of the Makefile.
SESSIONS = {
    "lint": "All checks, no tests.",
    "test-fast": "Style, types and unit tests.",
    "test-pytest": "Unit, lab and integration tests.",
    "test-molecule": "Scenarios against the lab.",
    "test-oldest": "Tests with the oldest of everything that the collection promises to run with.",
    "test-tarball": "ansible-test's unit and integration tests of what the tarball installs.",
    "check-importer": "What Galaxy does with the tarball.",
    "check-cores": "ansible-test sanity of the tarball with every ansible-core that this machine's Pythons allow.",
    "publish-check": "The last four together.",
}

nox.options.sessions = ["lint", "test-pytest", "test-molecule"]


def call(target: str) -> None:
    """Make a session of a target."""

    def session(session: nox.Session) -> None:
        session.run("make", "--no-print-directory", target, *session.posargs, external=True)

    session.__doc__ = SESSIONS[target]
    nox.session(session, python=False, name=target)


for name in SESSIONS:
    call(name)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools that people use by hand: a loop of one process for each server, or one process for all of them."""

from __future__ import annotations

import shlex
import shutil
import typing as t

from .probe_runs import ENVIRONMENT, ProbeBench, Probed, Servers
from .runs import HERE

SSLYZE = HERE.parents[1] / ".cache" / "judges" / "bin" / "sslyze"


class Loop(t.NamedTuple):
    """``command`` looks at ``$1``, an address, and ``$2``, its name, and prints ``sign`` if all is well."""

    tool: str
    command: str
    sign: str


LOOPS: t.Final = (
    Loop(
        "posttls-finger",
        # Settings of its own: the machine's Postfix may have none, without which it does not start.
        "env MAIL_CONFIG={configuration} posttls-finger -c -l secure -F {authority} -t 20 -T 20"
        ' -s "$2" "[$1]:{port}" "$2"',
        "Verified TLS connection established",
    ),
    Loop(
        "openssl",
        'openssl s_client -starttls smtp -connect "$1:{port}" -servername "$2" -verify_hostname "$2" -brief'
        " -CAfile {authority} </dev/null",
        "Verification: OK",
    ),
)


def loops(bench: ProbeBench, servers: Servers, count: int, at_a_time: int) -> dict[str, Probed]:
    """Run each tool that is installed over the first ``count`` servers; the others are named as not run."""
    file = bench.directory / "servers.txt"
    (bench.directory / "main.cf").touch()
    found = {}
    for loop in LOOPS:
        if shutil.which(loop.tool, path=ENVIRONMENT["PATH"]) is None:
            print(f"{loop.tool}: not installed, not run")
            continue
        lines = (f"{address} {name}\n" for address, _port, name in servers.servers[:count])
        file.write_text("".join(lines), encoding="utf-8")
        filled = loop.command.format(
            port=servers.options["port"],
            authority=shlex.quote(servers.options["ca_path"]),
            configuration=shlex.quote(str(bench.directory)),
        )
        command = ["xargs", "-a", str(file), "-n", "2", "-P", str(at_a_time), "sh", "-c", f"exec {filled} 2>&1", "sh"]
        what = f"{loop.tool}, {at_a_time} at a time"
        found[what] = bench.other(servers, what, command, loop.sign, count)
    return found


def sslyze(bench: ProbeBench, servers: Servers, count: int) -> dict[str, Probed]:
    """The same for sslyze: its smallest scan that looks at certificates."""
    if not SSLYZE.exists():
        print(f"sslyze: not in {SSLYZE.relative_to(HERE.parents[1])}, not run")
        return {}
    command = [str(SSLYZE), "--starttls=smtp", "--certinfo", "--mozilla_config=disable"]
    command += [f"--certinfo_ca_file={servers.options['ca_path']}"]
    command += [f"{name}:{port}{{{address}}}" for address, port, name in servers.servers[:count]]
    found = bench.other(servers, "sslyze --certinfo", command, "Number of cert chains detected:", count)
    return {found.what: found}

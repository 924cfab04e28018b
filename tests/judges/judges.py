# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each judge is asked about one server, and what its words mean as a level.

Each looks at an address with the MX host's name: ``domain_validation`` stands for a chain and a name that it verified,
None for a judge that came to no end. DANE is left out: it takes DNSSEC, and none of them can be told which resolver to
ask. So are MTA-STS and delivery, of which they know nothing.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
#: sslyze holds other libraries back, so it lives in an environment of its own (tests/tools/environment.sh).
SSLYZE = ROOT / ".cache" / "tools" / "judges" / "bin" / "sslyze"
PATIENCE = 20  # seconds for one look
AT_A_TIME = 8

Level = t.Literal["opportunistic", "encryption_only", "certificate_validation", "domain_validation"]


@dataclasses.dataclass(frozen=True)
class Server:
    """One address of a case."""

    case: str
    name: str
    address: str


class Lab(t.NamedTuple):
    """What all judges are told."""

    port: int
    ca_path: str


Judge = t.Callable[[t.Sequence[Server], Lab], dict[Server, Level | None]]


def posttls_finger(servers: t.Sequence[Server], lab: Lab) -> dict[Server, Level | None]:
    """Postfix's own client for looking at servers."""

    def look(server: Server) -> Level | None:
        # An empty configuration: what this machine's Postfix is told must not matter.
        command = ["env", f"MAIL_CONFIG={configuration}"]
        command += ["posttls-finger", "-c", "-l", "secure", "-F", lab.ca_path, "-t", "8", "-T", "8", "-s", server.name]
        said = _run([*command, f"[{server.address}]:{lab.port}", server.name])
        if said is None or "timed out" in said or "fatal:" in said:
            return None
        for words, level in (
            ("Verified TLS connection established", "domain_validation"),
            ("num=62:hostname mismatch", "certificate_validation"),
            ("Trusted TLS connection established", "certificate_validation"),
            ("Untrusted TLS connection established", "encryption_only"),
        ):
            if words in said:
                return t.cast(Level, level)
        return "opportunistic"

    with tempfile.TemporaryDirectory() as configuration:
        (pathlib.Path(configuration) / "main.cf").touch()
        return _each(look, servers)


def openssl(servers: t.Sequence[Server], lab: Lab) -> dict[Server, Level | None]:
    """OpenSSL's client."""

    def look(server: Server) -> Level | None:
        command = ["openssl", "s_client", "-starttls", "smtp", "-connect", _at(server.address, lab.port)]
        command += ["-servername", server.name, "-verify_hostname", server.name, "-CAfile", lab.ca_path, "-brief"]
        said = _run(command)
        if said is None:
            return None
        if "CONNECTION ESTABLISHED" not in said:
            return "opportunistic"
        if "Verification: OK" in said:
            return "domain_validation"
        return "certificate_validation" if "error: hostname mismatch" in said.lower() else "encryption_only"

    return _each(look, servers)


def sslyze(servers: t.Sequence[Server], lab: Lab) -> dict[Server, Level | None]:
    """The scanner from PyPI: all servers in one run, since it takes a second to start."""
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory) / "out.json"
        command = [str(SSLYZE), "--starttls=smtp", "--certinfo", f"--certinfo_ca_file={lab.ca_path}"]
        targets = {f"{server.name}:{lab.port}{{{server.address}}}": None for server in servers}
        _run([*command, f"--json_out={out}", *targets], patience=PATIENCE * 12)
        results = json.loads(out.read_text(encoding="utf-8"))["server_scan_results"] if out.exists() else []
    locations = [result["server_location"] for result in results]
    found = {(at["hostname"], at["ip_address"]): one for at, one in zip(locations, results, strict=True)}
    return {server: _sslyze_level(found.get((server.name, server.address))) for server in servers}


def _sslyze_level(result: t.Any) -> Level | None:
    if result is None:
        return None
    if result["connectivity_status"] != "COMPLETED":
        return "opportunistic"
    scan = result["scan_result"]["certificate_info"]
    if scan["status"] != "COMPLETED":
        return None
    first = scan["result"]["certificate_deployments"][0]
    # It asks the stores of five vendors as well, which know nothing of the lab.
    (own,) = [one for one in first["path_validation_results"] if one["trust_store"]["name"] == "Supplied CA file"]
    if own["was_validation_successful"]:
        return "domain_validation"
    # It verifies the name together with the chain, and says so when the name is wrong.
    return "certificate_validation" if "no matching subjectAltName" in own["validation_error"] else "encryption_only"


JUDGES: t.Mapping[str, Judge] = {"posttls-finger": posttls_finger, "openssl s_client": openssl, "sslyze": sslyze}


def missing(judge: str) -> bool:
    """Whether a judge is not installed."""
    if judge == "sslyze":
        return not SSLYZE.exists()
    return shutil.which(judge.split(maxsplit=1)[0], path=_path()) is None


def _each(look: t.Callable[[Server], Level | None], servers: t.Sequence[Server]) -> dict[Server, Level | None]:
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        return dict(zip(servers, pool.map(look, servers), strict=True))


def _run(command: t.Sequence[str], patience: float = PATIENCE) -> str | None:
    """What a judge printed, None where it did not end in time."""
    try:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=patience,
            env={"PATH": _path(), "LC_ALL": "C", "HOME": str(ROOT / ".cache")},
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.decode("utf-8", "replace")


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin"


def _at(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each judge is asked about one server, and what its words mean as a level.

Each looks at an address with the MX host's name: ``domain_validation`` stands for a chain and a name that it verified.
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
#: sslyze holds other libraries back, so it lives in an environment of its own (tests/tools/judges.sh).
SSLYZE = ROOT / ".cache" / "judges" / "bin" / "sslyze"
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
        command = ["posttls-finger", "-c", "-l", "secure", "-F", lab.ca_path, "-t", "8", "-T", "8", "-s", server.name]
        said = _run([*command, f"[{server.address}]:{lab.port}", server.name])
        for words, level in (
            ("Verified TLS connection established", "domain_validation"),
            ("num=62:hostname mismatch", "certificate_validation"),
            ("Trusted TLS connection established", "certificate_validation"),
            ("Untrusted TLS connection established", "encryption_only"),
        ):
            if words in said:
                return t.cast(Level, level)
        return "opportunistic"

    return _each(look, servers)


def openssl(servers: t.Sequence[Server], lab: Lab) -> dict[Server, Level | None]:
    """OpenSSL's client."""

    def look(server: Server) -> Level | None:
        command = ["openssl", "s_client", "-starttls", "smtp", "-connect", _at(server.address, lab.port)]
        command += ["-servername", server.name, "-verify_hostname", server.name, "-CAfile", lab.ca_path, "-brief"]
        said = _run(command)
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
        targets = [f"{server.name}:{lab.port}{{{server.address}}}" for server in servers]
        _run([*command, f"--json_out={out}", *targets], patience=PATIENCE * 12)
        results = json.loads(out.read_text(encoding="utf-8"))["server_scan_results"]
    by_address = {result["server_location"]["ip_address"]: result for result in results}
    return {server: _sslyze_level(by_address.get(server.address)) for server in servers}


def _sslyze_level(result: t.Any) -> Level | None:
    scan = ((result or {}).get("scan_result") or {}).get("certificate_info") or {}
    deployments = (scan.get("result") or {}).get("certificate_deployments")
    if not deployments:
        return "opportunistic"
    first = deployments[0]
    trusted = [one for one in first["path_validation_results"] if one["trust_store"]["path"].endswith(".pem")]
    own = [one for one in trusted if "Custom" in str(one["trust_store"]["name"])] or trusted
    if any(one["was_validation_successful"] for one in own):
        return "domain_validation"
    # It verifies the name together with the chain, and says so when the name is all that is wrong.
    errors = " ".join(str(one["validation_error"]) for one in own)
    return "certificate_validation" if "no matching subjectAltName" in errors else "encryption_only"


JUDGES: t.Mapping[str, Judge] = {"posttls-finger": posttls_finger, "openssl s_client": openssl, "sslyze": sslyze}


def missing(judge: str) -> bool:
    """Whether a judge is not installed."""
    if judge == "sslyze":
        return not SSLYZE.exists()
    return shutil.which(judge.split(maxsplit=1)[0], path=_path()) is None


def _each(look: t.Callable[[Server], Level | None], servers: t.Sequence[Server]) -> dict[Server, Level | None]:
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        return dict(zip(servers, pool.map(look, servers), strict=True))


def _run(command: t.Sequence[str], patience: float = PATIENCE) -> str:
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
        return ""
    return done.stdout.decode("utf-8", "replace")


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin"


def _at(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

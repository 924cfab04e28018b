# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""partner_tls_info as a process of its own, as on a target: ``python -m ...probe_module OPTIONS.json RESULT.json``."""

from __future__ import annotations

import json
import pathlib
import sys

from ansible_collections.mailflow.exchange_online.tests.integration.harness import run_module


def main(options: str, result: str) -> int:
    returned = run_module("partner_tls_info", json.loads(pathlib.Path(options).read_text(encoding="utf-8")))
    pathlib.Path(result).write_text(json.dumps(returned), encoding="utf-8")
    return 1 if returned.get("failed") else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""partner_tls_info as a process of its own, as on a target: ``python -m ...probe_module OPTIONS.json RESULT.json``.

Beside what the module returned, the result holds what it took without the start of Python and of the module.
"""

from __future__ import annotations

import importlib
import json
import pathlib
import sys
import time

from ansible_collections.mailflow.exchange_online.tests.integration.harness import PLUGINS, run_module

MODULE = "partner_tls_info"


def main(options: str, result: str) -> int:
    given = json.loads(pathlib.Path(options).read_text(encoding="utf-8"))
    importlib.import_module(f"{PLUGINS}.modules.{MODULE}")
    wall, cpu = time.monotonic(), time.process_time()
    returned = run_module(MODULE, given)
    took = {"wall": time.monotonic() - wall, "cpu": time.process_time() - cpu}
    pathlib.Path(result).write_text(json.dumps({"returned": returned, "took": took}), encoding="utf-8")
    return 1 if returned.get("failed") else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private part of the collection: it may change in any release.

"""What the modules of the collection have in common as Ansible modules."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and then tells what it would change without changing anything.
  diff_mode:
    description: Returns what differs, before and after, when in diff mode.
  idempotent:
    description:
      - When run twice in a row outside check mode with the same arguments, the second run changes nothing.
      - This assumes that nobody else changed anything in between.
"""

    # Beside the standard fragment, for modules that talk to Exchange.
    EXCHANGE = r"""
options: {}
attributes:
  action_group:
    description: Belongs to an action group, so that C(module_defaults) can sign all its modules in with one entry.
    support: full
    membership:
      - mailflow.exchange_online.exchange
notes:
  - With a local connection, and where the Python libraries are there, it runs inside the controller, which saves the start-up of
    a module and shows how far a long run is. With O(ignore:async), O(ignore:become), or any other connection it runs as a module on the
    target. So it does everywhere with the variable C(exo_in_controller=false). Options, environment, relative paths and results are
    the same.
"""

    # Beside the standard fragment, for modules that only read.
    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module changes nothing.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: full
    details:
      - This module changes nothing.
"""

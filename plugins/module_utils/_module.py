# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The one place that talks to AnsibleModule."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mailflow.exchange_online.plugins.module_utils._program import Program, carry_out
from ansible_collections.mailflow.exchange_online.plugins.module_utils._progress import tell_nobody


def host(program: Program) -> t.NoReturn:
    """Run the program as an Ansible module. Nobody sees anything of it before its end."""
    module = AnsibleModule(**program.spec.kwargs(), supports_check_mode=True)
    ending = carry_out(
        program.runner,
        module.params,
        check_mode=module.check_mode,
        on_secret=module.no_log_values.add,
        on_progress=tell_nobody,
    )
    for text in ending.warnings:
        module.warn(text)
    if ending.message is not None:
        module.fail_json(msg=ending.message, **ending.values)
    module.exit_json(**ending.values)

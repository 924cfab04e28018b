# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What others have written, so that Ansible never takes it for a template."""

from __future__ import annotations

import typing as t

from ansible.utils.unsafe_proxy import AnsibleUnsafe, wrap_var

from ansible_collections.mailflow.exchange_online.plugins.module_utils._plain import plain

#: From 2.19 on, Ansible marks what may be a template, and not what may be none. ``wrap_var`` takes that mark off, text
#: by text, and for the plan of five hundred partners that takes longer than the planning.
_PLAIN_IS_NONE: t.Final = not isinstance(wrap_var(""), AnsibleUnsafe)


def untrusted(value: object) -> t.Any:
    """Return plain values that are never rendered."""
    return plain(value) if _PLAIN_IS_NONE else wrap_var(value)

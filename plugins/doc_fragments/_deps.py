# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private part of the collection: it may change in any release.

"""What has to be installed where the modules run.

The twin of ``MINIMUM`` in module_utils/_deps.py and, for the probe, in module_utils/_tls/libraries.py.
"""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
requirements:
  - msal >= 1.33 (unless O(access_token) is used)
  - requests >= 2.31
"""

    PROBE = r"""
options: {}
requirements:
  - cryptography >= 42
  - dnspython >= 2.4
  - idna, for international domains in their own letters
"""

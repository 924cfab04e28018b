# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The table of findings, put together from its parts."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls import (
    codes_certificate,
    codes_dns,
    codes_encryption,
    codes_reach,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.code import Code

CODES: t.Mapping[str, Code] = {
    **codes_reach.CODES,
    **codes_encryption.CODES,
    **codes_certificate.CODES,
    **codes_dns.CODES,
}

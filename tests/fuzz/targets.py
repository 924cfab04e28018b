# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parsers, by the names of their files."""

from __future__ import annotations

TARGETS = (
    "api_answers",
    "certificates",
    "dns_answers",
    "handshakes",
    "http_answers",
    "kept_files",
    "partner_files",
    "policies",
    "sign_in_answers",
    "smtp_replies",
)

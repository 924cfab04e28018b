# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partners of the lab: mail servers good and bad, with DNS, DANE and MTA-STS, on loopback."""

from __future__ import annotations

from .cases import CASES
from .journal import Journal, Question, Request, Visit
from .shapes import Case, Expected
from .world import PartnerWorld

__all__ = ["CASES", "Case", "Expected", "Journal", "PartnerWorld", "Question", "Request", "Visit"]

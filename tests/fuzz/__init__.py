# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parsers of foreign bytes under fire: one file for each, with a function ``check`` that takes any bytes.

``check`` raises nothing, or AssertionError where what came out breaks a promise; any other exception is a fault of the
parser. ``make fuzz`` drives them with atheris, and the unit tests with what hypothesis makes of the same seeds.
"""

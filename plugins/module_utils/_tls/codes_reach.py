# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Findings about the way to a server and about conversations that end early. See codes.py."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.code import Code
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Level

_NOT_JUDGED: tuple[None, Level] = (None, "domain_validation")

CODES: t.Mapping[str, Code] = {
    # -- no way to the servers ---------------------------------------------------------------------------------------
    "unreachable": Code(
        "No server could be connected to from here",
        "warning",
        "None of the mail servers of {domain} could be connected to on port {port} from here: {detail}.",
        "This says nothing about the partner. Many clouds, providers and firewalls close port 25 on the way out: open"
        " it"
        " for this machine, or run the probe where it is open (delegate_to a mail relay, for example).",
        "RFC 5321 section 4.5.4.2",
    ),
    "connect_failed": Code(
        "A server could not be connected to",
        "warning",
        "{server} could not be connected to on port {port}: {detail}.",
        "Please check that {server} takes connections on port 25 from the Internet, or remove it from the MX records.",
        "RFC 5321 section 5.1",
        _NOT_JUDGED,
        reply="450 4.4.315, 4.4.316",
    ),
    "mx_unreachable": Code(
        "Not every server could be judged",
        "warning",
        "Of the mail servers of {domain}, {count} could not be judged from here: {servers}. The verdict is about the"
        " others.",
        "Please check these servers: mail may be delivered to them, and they have to meet the same level.",
        "RFC 5321 section 5.1",
    ),
    "ipv6_not_tested": Code(
        "An IPv6 address could not be tested from here",
        "info",
        "{server} was not tested: there is no way to IPv6 addresses from here.",
        "Run the probe from a machine with IPv6 to see this server as well: Exchange Online tries IPv6 first.",
        "Microsoft: Exchange blog 4283063",
        _NOT_JUDGED,
    ),
    "private_address": Code(
        "A server has an address that is not public",
        "warning",
        "{server} has an address that is not public, so Exchange Online cannot reach it; it was not connected to.",
        "Please publish only addresses that can be reached from the Internet in the MX hosts' A and AAAA records.",
        "RFC 6890",
        _NOT_JUDGED,
    ),
    "deadline_reached": Code(
        "The time of the run was over",
        "warning",
        "The deadline of the run came before {domain} was looked at in full.",
        "Run again with a longer deadline, more concurrency or fewer partners.",
        "deadline of this module",
    ),
    "deadline_server": Code(
        "A server was not looked at in time",
        "info",
        "{server} was not looked at before the deadline of the run.",
        "Run again with a longer deadline, more concurrency or fewer partners.",
        "deadline of this module",
        _NOT_JUDGED,
    ),
    "network_cut": Code(
        "Only a part of a network was looked at",
        "info",
        "Of a smart host network of {domain}, {count} addresses were not looked at.",
        "List the smart hosts by their own addresses or names to have all of them looked at.",
        "Microsoft: New-OutboundConnector, -SmartHosts",
    ),
    # -- the conversation ends early ---------------------------------------------------------------------------------
    "banner_timeout": Code(
        "A server does not greet",
        "warning",
        "{server} took the connection and then sent no greeting: {detail}.",
        "Please check what keeps {server} from sending its 220 greeting; mail waits as long as this lasts.",
        "RFC 5321 section 4.5.3.2.1",
        _NOT_JUDGED,
        reply="450 4.4.315",
    ),
    "banner_tempfail": Code(
        "A server turns connections away for now",
        "warning",
        "{server} greeted with '{detail}', so its TLS could not be seen.",
        "Try again later, and ask the partner to admit the address that the probe comes from: such a greeting is often"
        " about greylisting or the reputation of the sending address.",
        "RFC 5321 section 3.1",
        _NOT_JUDGED,
        reply="450 4.4.317",
    ),
    "banner_reject": Code(
        "A server turns this address away",
        "warning",
        "{server} greeted with '{detail}', so its TLS could not be seen.",
        "Ask the partner to admit the address that the probe comes from, or run the probe from another one: such a"
        " greeting is mostly about the reputation of the sending address.",
        "RFC 5321 section 3.1",
        _NOT_JUDGED,
        reply="450 4.4.317",
    ),
    "not_smtp": Code(
        "A server does not speak SMTP",
        "warning",
        "{server} sent something that is not SMTP: {detail}.",
        "Please check what listens on port 25 of {server}.",
        "RFC 5321 section 4.2",
        _NOT_JUDGED,
    ),
    "ehlo_refused": Code(
        "A server refuses EHLO",
        "warning",
        "{server} answered EHLO with '{detail}', so its TLS could not be seen.",
        "Ask the partner to admit the name and the address that the probe comes from, or set helo_name to a name that"
        " resolves to this address.",
        "RFC 5321 section 4.1.1.1",
        _NOT_JUDGED,
    ),
    "reply_timeout": Code(
        "A server stops answering",
        "warning",
        "{server} stopped answering at the step {step}: {detail}.",
        "Please check what keeps {server} from answering; a filter in front of it is a common cause.",
        "RFC 5321 section 4.5.3.2",
        _NOT_JUDGED,
        reply="450 4.4.315",
    ),
    "closed_early": Code(
        "A server hangs up",
        "warning",
        "{server} ended the connection at the step {step}: {detail}.",
        "Please check the log of {server} for the reason; a filter or a limit on connections is a common cause.",
        "RFC 5321 section 3.8",
        _NOT_JUDGED,
        reply="450 4.4.318",
    ),
    "handshake_timeout": Code(
        "A handshake does not end",
        "warning",
        "{server} accepted STARTTLS, and then the handshake came to no end: {detail}.",
        "Please check the path to {server}: a device that inspects or drops large packets (MTU) is a common cause.",
        "RFC 3207 section 4",
        _NOT_JUDGED,
        reply="450 4.4.315",
    ),
    "client_cert_required": Code(
        "A server demands a client certificate",
        "warning",
        "{server} demands a client certificate, so its TLS could not be seen to the end.",
        "Please ask for client certificates without demanding them on port 25, or tell which certificate of Exchange"
        " Online is accepted.",
        "RFC 5246 section 7.4.4",
        _NOT_JUDGED,
    ),
}

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where public facts about how Exchange Online takes mail conflict or are silent: one switch per question."""

from __future__ import annotations

from ..switches import Switch

_PAGE = "Microsoft's page on New-InboundConnector"
_BASES = {
    "inbound_clear_reply": ("assumed", "docker-postfix#12 has the text, and does not show the tenant's connector"),
    "inbound_refusal_stage": ("assumed", "docker-postfix#12 for TLS; a public tool's notes for 5.7.51"),
    "inbound_wildcard_apex": ("documented", _PAGE + ": a domain and all subdomains, with an example"),
    "inbound_sender_addresses": ("documented", _PAGE + ", earlier texts; the wizard offers to identify by address"),
    "inbound_several_restrictions": ("assumed", "after OfficeDocs-Exchange#900: looked up by address or certificate"),
    "inbound_certificate_san": ("documented", "the wizard says subject or SAN; the cmdlet's page says subject"),
}


def _choice(name: str, question: str, *values: str) -> Switch:
    """A switch between named readings; the first is the default."""
    switch = Switch(name, values[0], values, question)
    basis, source = _BASES.get(name, (switch.basis, switch.source))
    return switch._replace(basis=basis, source=source)


SWITCHES: tuple[Switch, ...] = (
    _choice("inbound_clear_reply", "The reply to mail in clear where a connector requires TLS", "454", "451", "530"),
    _choice("inbound_refusal_stage", "To which command mail is refused", "RCPT", "DATA"),
    _choice(
        "inbound_first_check",
        "What refuses mail in clear from elsewhere: the restriction to addresses or a certificate, or RequireTls",
        "restriction",
        "tls",
    ),
    _choice(
        "inbound_wildcard_apex", "*.contoso.com of an inbound connector stands for contoso.com as well", "yes", "no"
    ),
    _choice(
        "inbound_sender_addresses",
        "SenderIPAddresses of a Partner connector without RestrictDomainsToIPAddresses",
        "ignored",
        "identify",
    ),
    _choice(
        "inbound_several_restrictions",
        "Of several restricting connectors for a sender, which must be satisfied",
        "any",
        "most_specific",
    ),
    _choice("inbound_certificate_san", "TlsSenderCertificateName is looked for in the SAN as well", "yes", "no"),
    _choice("inbound_certificate_asterisk", "*.contoso.com in a certificate stands for mail.contoso.com", "yes", "no"),
    _choice("inbound_client_purpose", "A client's certificate must be one for clients", "no", "yes"),
    _choice(
        "inbound_untrusted_root",
        "A client's certificate without a trusted root, where TLS is required",
        "ignored",
        "refused",
    ),
)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where public facts about how Exchange Online sends mail conflict or are silent: one switch per question."""

from __future__ import annotations

from ..switches import Switch

_BASES = {
    "outbound_tls13": ("documented", "Microsoft 365's encryption reference names TLS 1.2; 1.3 for some services"),
    "certificate_failure_code": ("recorded", "public bounces up to January 2025; Microsoft's page says 4.7.320"),
    "tls_domain_depth": ("documented", "Microsoft's cmdlet page: all subdomains"),
    "dnssec_failure_code": ("documented", "Microsoft's list of NDRs; it often is 4.4.312, says the page on DANE"),
    "dane_and_mta_sts": ("documented", "RFC 8461 section 2; how Exchange Online weighs them is not told"),
}


def _choice(name: str, question: str, *values: str) -> Switch:
    """A switch between named readings; the first is the default."""
    switch = Switch(name, values[0], values, question)
    basis, source = _BASES.get(name, (switch.basis, switch.source))
    return switch._replace(basis=basis, source=source)


SWITCHES: tuple[Switch, ...] = (
    _choice("outbound_tls13", "TLS 1.3 is offered to partners' servers", "no", "yes"),
    _choice("outbound_ecdsa", "Suites for certificates with an EC key are offered", "yes", "no"),
    _choice("outbound_sni", "The name of the server is sent in the handshake (SNI)", "yes", "no"),
    _choice("certificate_failure_code", "The code for a certificate that fails validation", "4.4.317", "4.7.320"),
    _choice("revocation_unknown", "A revocation list that cannot be used", "accepted", "refused"),
    _choice("tls_domain_depth", "How many labels the asterisk of a TlsDomain stands for", "all", "one"),
    _choice("tls_domain_apex", "*.contoso.com in TlsDomain or certificate is good for contoso.com", "no", "yes"),
    _choice("dane_expired", "An expired certificate that a TLSA record with usage 3 matches", "accepted", "refused"),
    _choice("dnssec_failure_code", "The code for TLSA records that fail DNSSEC validation", "4.7.324", "4.4.312"),
    _choice("dane_smart_hosts", "DANE for smart hosts that are given by name", "by_name", "off"),
    _choice("dane_and_mta_sts", "MTA-STS for a server for which DANE is in force", "dane_first", "both"),
)

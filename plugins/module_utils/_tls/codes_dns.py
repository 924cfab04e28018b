# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Findings about DNS, DANE and MTA-STS. See codes.py."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.code import Code

_DANE_AT_EXCHANGE = "Microsoft: how SMTP DANE works"

CODES: t.Mapping[str, Code] = {
    # -- DNS and routing ---------------------------------------------------------------------------------------------
    "null_mx": Code(
        "The domain takes no mail",
        "error",
        "{domain} says by a null MX record that it takes no mail.",
        "Check the domain with the partner: mail has to go to another one.",
        "RFC 7505 section 3",
    ),
    "nxdomain": Code(
        "The domain does not exist",
        "error",
        "{domain} does not exist in DNS.",
        "Check how the domain is written.",
        "RFC 5321 section 5.1; RFC 8020",
    ),
    "mx_no_address": Code(
        "A mail host has no address",
        "warning",
        "{server} has no address in DNS ({detail}), so no mail can be delivered to it.",
        "Please publish an address for {server}, or remove it from the MX records.",
        "RFC 5321 section 5.1",
    ),
    "no_address": Code(
        "The domain has no mail server",
        "error",
        "{domain} has no mail server with an address: {detail}.",
        "Check how the domain is written; the partner has to publish MX records whose hosts have addresses.",
        "RFC 5321 section 5.1",
    ),
    "dns_failure": Code(
        "DNS gives no answer",
        "warning",
        "DNS has no answer for {domain}: {detail}.",
        "Try again later. If it stays, the partner has to check the name servers and the DNSSEC signatures of"
        " {domain}.",
        "RFC 5321 section 5.1",
        reply="450 4.4.312",
    ),
    "stray_null_mx": Code(
        "A null MX record stands beside others",
        "warning",
        "{domain} has a null MX record beside other MX records.",
        "Please remove the MX record with the host '.': it means that the domain takes no mail.",
        "RFC 7505 section 3",
    ),
    "implicit_mx": Code(
        "The domain has no MX record",
        "info",
        "{domain} has no MX record; mail goes to the addresses of the domain itself.",
        "Please publish an MX record, so that it is certain where mail shall go.",
        "RFC 5321 section 5.1",
    ),
    "mx_is_cname": Code(
        "An MX record names an alias",
        "warning",
        "The MX host {server} is an alias for {detail}.",
        "Please name {detail} itself in the MX record, or give {server} addresses of its own.",
        "RFC 2181 section 10.3",
    ),
    "ipv6_only": Code(
        "The servers have IPv6 addresses only",
        "info",
        "The mail servers of {domain} have IPv6 addresses only.",
        "Please give them IPv4 addresses as well: many senders have no IPv6.",
        "RFC 3974",
    ),
    "mx_hosts_differ": Code(
        "The mail hosts differ",
        "warning",
        "The mail hosts of {domain} are not alike: {detail}. Mail gets through or not, depending on the host.",
        "Please bring all mail hosts to the same TLS settings and certificates.",
        "RFC 5321 section 5.1",
    ),
    "addresses_differ": Code(
        "The addresses of a host differ",
        "warning",
        "The addresses of {server} are not alike: {detail}. Mail gets through or not, depending on the address.",
        "Please bring all machines behind {server} to the same TLS settings and certificates.",
        "RFC 5321 section 5.1",
    ),
    # -- DANE --------------------------------------------------------------------------------------------------------
    "dane_mismatch": Code(
        "TLSA records do not match the server",
        "delivery",
        "No TLSA record of {server} matches what the server shows ({detail}), so senders with DANE do not deliver to"
        " it.",
        "Please publish a TLSA record 3 1 1 of the certificate in use ({spki}), and from now on each new one before the"
        " certificate changes. As a stop-gap, the sender can set the connector's SmtpDaneMode to None.",
        f"RFC 7672 section 2.2; {_DANE_AT_EXCHANGE}",
        result_type="tlsa-invalid",
        reply="450 4.7.323",
    ),
    "dane_bogus": Code(
        "The look-up of TLSA records fails",
        "delivery",
        "The look-up of the TLSA records of {server} fails ({detail}), so senders with DANE must not use this server.",
        "Please check the DNSSEC signatures and the name servers of the zone of {server}. As a stop-gap, the sender can"
        " set the connector's SmtpDaneMode to None.",
        f"RFC 7672 section 2.1.3; {_DANE_AT_EXCHANGE}",
        result_type="dnssec-invalid",
        reply="450 4.7.324, 4.4.312",
    ),
    "dane_unproven": Code(
        "A DANE failure rests on an answer that proves nothing",
        "warning",
        "DANE fails for {server} if its DNS answers are validly signed. The resolver says so, but over a path that is"
        " not"
        " trusted.",
        "Ask a validating resolver on this machine, or set trust_ad if the path to the resolver is safe.",
        "RFC 6840 section 5.8",
    ),
    "dane_unseen": Code(
        "It cannot be told whether a server has the DANE that the connector demands",
        "warning",
        "The connector is set to demand DANE. Whether {server} has it cannot be told: the resolver's answers do not"
        " prove DNSSEC.",
        "Ask a validating resolver on this machine, or set trust_ad if the path to the resolver is safe.",
        "RFC 6840 section 5.8; Microsoft: New-OutboundConnector, -SmtpDaneMode",
    ),
    "dane_unusable": Code(
        "TLSA records that are not for SMTP",
        "warning",
        "The TLSA records of {server} ({detail}) cannot be used for SMTP, which takes the usages 2 and 3.",
        "Please publish a TLSA record 3 1 1 in their place.",
        "RFC 7672 section 3.1.3",
        result_type="tlsa-invalid",
    ),
    "dane_missing": Code(
        "The connector demands DANE and a server has none",
        "delivery",
        "The connector is set to demand DANE, and {server} has no TLSA record that could be used.",
        "Please sign the zone of {server} and publish a TLSA record 3 1 1; or the sender sets SmtpDaneMode to"
        " Opportunistic.",
        "RFC 8460 section 4.3.2.1; Microsoft: New-OutboundConnector, -SmtpDaneMode",
        result_type="dane-required",
    ),
    # -- MTA-STS -----------------------------------------------------------------------------------------------------
    "sts_mx_mismatch": Code(
        "The MTA-STS policy does not list a host",
        "delivery",
        "The MTA-STS policy of {domain} (mode {mode}) does not list {server}.",
        "Please add {server} to the mx lines of the policy and change its id in DNS. As a stop-gap, the sender can set"
        " the connector's MtaStsMode to None.",
        "RFC 8461 section 4.1",
        result_type="validation-failure",
        reply="5.4.8",
    ),
    "sts_certificate": Code(
        "A server does not meet the MTA-STS policy",
        "delivery",
        "The MTA-STS policy of {domain} (mode {mode}) asks for a trusted certificate with the name {host}, and {server}"
        " does not show one.",
        "Please install a certificate from a public authority with the name {host} on {server}. As a stop-gap, the"
        " sender"
        " can set the connector's MtaStsMode to None.",
        "RFC 8461 section 4.2",
        result_type="validation-failure",
        reply="5.7.5",
    ),
    "sts_fetch_error": Code(
        "The MTA-STS policy cannot be fetched",
        "warning",
        "{domain} announces an MTA-STS policy that cannot be fetched: {detail}. Senders then act as if there were none,"
        " unless they know an earlier one.",
        "Please see to it that https://mta-sts.{domain}/.well-known/mta-sts.txt answers with 200, without a redirect,"
        " with"
        " a valid certificate for mta-sts.{domain}; or remove the TXT record _mta-sts.{domain}.",
        "RFC 8461 section 3.3",
        result_type="sts-policy-fetch-error",
    ),
    "sts_policy_invalid": Code(
        "The MTA-STS policy or its record does not parse",
        "warning",
        "The MTA-STS policy of {domain} does not count: {detail}.",
        "Please mend the policy at https://mta-sts.{domain}/.well-known/mta-sts.txt and the TXT record"
        " _mta-sts.{domain}.",
        "RFC 8461 sections 3.1 and 3.2",
        result_type="sts-policy-invalid",
    ),
    "sts_dns_failure": Code(
        "DNS does not tell whether there is an MTA-STS policy",
        "warning",
        "The look-up of the TXT record _mta-sts.{domain} fails: {detail}.",
        "Try again later. If it stays, the partner has to check the name servers of {domain}.",
        "RFC 8461 section 3.1",
    ),
}

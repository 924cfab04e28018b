# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private part of the collection: it may change in any release.

"""The options of one connector: of ``connector`` itself, and of each entry of ``connectors``."""

from __future__ import annotations

import textwrap


def _below_the_list(options: str) -> str:
    """The same options as those of each entry; references to siblings then carry the path."""
    siblings = options.removeprefix("options:\n").replace("O(", "O(connectors[].")
    return _LIST + textwrap.indent(siblings + _CONSENT, "    ")


_LIST = """
options:
  connectors:
    description:
      - The connectors that are wished for, each by itself. An option that is left out stays as it is in Exchange, V([]) and
        an empty text make it empty, and a list replaces the one that stands there.
    type: list
    elements: dict
    required: true
    suboptions:
"""


#: What an entry has beside the options of a connector.
_CONSENT = """  owner:
    description:
      - The mark in the comment of this connector. Left out, it is O(owner).
      - An empty text means that it carries none, and one that stands there is taken away.
    type: str
  allow_weaken:
    description:
      - Whether the change of this connector may take protection away from mail, also where O(allow_weaken=false).
    type: bool
    default: false
  allow_weaken_from:
    description:
      - For which state of the connector this entry was planned, as a digest. Where it stands otherwise by now, what weakens it is
        C(skipped), whatever else allows it.
      - The filter P(mailflow.exchange_online.partner_plan#filter) sets it, so that nothing more is weakened than its plan shows.
    type: str
"""


class ModuleDocFragment:
    """A connector's options, for the module itself and below its list."""

    DOCUMENTATION = r"""options:
  name:
    description:
      - The name of the connector, at most 64 characters. Names are compared without case, and each direction has its own.
    type: str
    required: true
  direction:
    description:
      - V(outbound) is for mail that leaves Exchange Online, V(inbound) for mail that comes in.
    type: str
    required: true
    choices: [outbound, inbound]
  state:
    description:
      - V(present) creates the connector, or changes what differs from the options given.
      - V(absent) deletes it. Mail then flows as if it had never been there, without TLS if need be.
    type: str
    choices: [present, absent]
    default: present
  enabled:
    description:
      - Whether Exchange uses the connector. A new connector is enabled unless this says otherwise.
    type: bool
  comment:
    description:
      - The description shown in the Exchange admin center. An empty text clears it.
    type: str
  connector_type:
    description:
      - V(partner) is for another organisation, V(on_premises) for servers of your own.
      - A new connector is V(partner) unless this says otherwise.
    type: str
    choices: [partner, on_premises]
  cloud_services_mail_enabled:
    description:
      - Whether headers of internal mail are kept in a hybrid organisation. Normally left to the Hybrid Configuration wizard.
      - Only with O(connector_type=on_premises).
    type: bool
  recipient_domains:
    description:
      - The domains whose mail takes this connector, for example V(contoso.com), V(*.contoso.com) for its subdomains,
        or V(*) for all mail to the internet. International names may be given as they are written.
      - Microsoft's texts differ on whether V(*.contoso.com) includes V(contoso.com); list both.
      - Only for O(direction=outbound).
    type: list
    elements: str
  use_mx_record:
    description:
      - Whether mail is routed by the MX records of the recipient's domain. With V(false), O(smart_hosts) are used.
      - A new connector uses MX records unless this says otherwise.
      - Only for O(direction=outbound).
    type: bool
  smart_hosts:
    description:
      - The servers that mail is handed to when O(use_mx_record=false). A name, an address or a network; Exchange
        looks up the MX records of a name first, then its addresses, and always connects to port 25.
      - Only for O(direction=outbound).
    type: list
    elements: str
  tls_settings:
    description:
      - How strictly TLS is asked for. Anything but V(opportunistic) means that mail travels over TLS or not at all.
      - V(opportunistic) uses TLS where the partner offers it, and no TLS otherwise.
      - V(encryption_only) requires TLS with any certificate, self-signed ones included.
      - V(certificate_validation) requires a certificate from a trusted authority that is valid and not revoked, under any name.
      - V(domain_validation) requires, in addition, that the certificate carries the name in O(tls_domain).
      - Only for O(direction=outbound).
    type: str
    choices: [opportunistic, encryption_only, certificate_validation, domain_validation]
  tls_domain:
    description:
      - The name that the partner's certificate must carry, for example V(mail.contoso.com) or V(*.contoso.com), with
        O(tls_settings=domain_validation). For partners hosted elsewhere it is the name of their provider.
        An empty text clears it.
      - Only for O(direction=outbound).
    type: str
  smtp_dane_mode:
    description:
      - How DANE (TLSA records secured by DNSSEC) is used. V(mandatory) delivers only to servers that pass DANE.
      - Only for O(direction=outbound). Clouds that do not know it yet refuse it.
    type: str
    choices: [opportunistic, mandatory, none]
  mta_sts_mode:
    description:
      - Whether the MTA-STS policy of the recipient's domain is obeyed.
      - Only for O(direction=outbound). Clouds that do not know it yet refuse it.
    type: str
    choices: [opportunistic, none]
  transport_rule_scoped:
    description:
      - With V(true), only mail flow rules that name the connector use it, and O(recipient_domains) may be empty.
      - Only for O(direction=outbound).
    type: bool
  test_mode:
    description:
      - Whether the connector is in test mode. The console uses such connectors while one is edited and validated.
      - Only for O(direction=outbound).
    type: bool
  validation_recipients:
    description:
      - The mail addresses at the partner that Exchange's own validation sends its test mail to. They are only stored.
        Exchange takes them in a second command, after a connector was created.
      - Only for O(direction=outbound).
    type: list
    elements: str
  all_accepted_domains:
    description:
      - Whether mail to all accepted domains of the tenant takes this connector.
      - Only for O(direction=outbound) and O(connector_type=on_premises).
    type: bool
  route_all_messages_via_on_premises:
    description:
      - Whether all mail leaves through servers of your own (centralised mail transport).
      - Only for O(direction=outbound) and O(connector_type=on_premises).
    type: bool
  sender_rewriting_enabled:
    description:
      - Whether the sender is rewritten (SRS) in mail that is forwarded through this connector.
      - Only for O(direction=outbound) and O(connector_type=on_premises).
    type: bool
  sender_domains:
    description:
      - The domains that send through this connector, for example V(contoso.com), V(*.contoso.com), or V(*) for any.
        Required for a new connector.
      - Exchange stores at most 2,243 characters, C(smtp:) and C(;1) around each domain included; about 97 domains
        of 15 characters. The stored form C(smtp:contoso.com;1) is taken as well.
      - Only for O(direction=inbound).
    type: list
    elements: str
  sender_ip_addresses:
    description:
      - The IPv4 addresses, or networks from /24 to /32, that the partner sends from. They matter with
        O(restrict_domains_to_ip_addresses=true).
      - Only for O(direction=inbound).
    type: list
    elements: str
  require_tls:
    description:
      - Whether mail from O(sender_domains) is refused when it comes without TLS.
      - A new connector requires TLS unless this says otherwise.
      - Only for O(direction=inbound).
    type: bool
  tls_sender_certificate_name:
    description:
      - The name in the certificate of the partner's sending server, with
        O(restrict_domains_to_certificate=true). An empty text clears it.
      - Only for O(direction=inbound).
    type: str
  restrict_domains_to_certificate:
    description:
      - Whether mail from O(sender_domains) is refused unless its server shows a certificate with the name in
        O(tls_sender_certificate_name).
      - Microsoft advises against using this and O(restrict_domains_to_ip_addresses) in one connector.
      - Only for O(direction=inbound) and O(connector_type=partner).
    type: bool
  restrict_domains_to_ip_addresses:
    description:
      - Whether mail from O(sender_domains) is refused unless it comes from O(sender_ip_addresses).
      - Only for O(direction=inbound) and O(connector_type=partner).
    type: bool
  associated_accepted_domains:
    description:
      - The tenant's own domains that the connector is for. Empty means all of them. Microsoft advises to use it for tests only.
      - Only for O(direction=inbound).
    type: list
    elements: str
  trusted_organizations:
    description:
      - Other Microsoft 365 organisations that are trusted as the source of mail.
      - Only for O(direction=inbound).
    type: list
    elements: str
  treat_messages_as_internal:
    description:
      - Whether mail through this connector counts as sent inside the organisation.
      - Only for O(direction=inbound) and O(connector_type=on_premises), and not together with
        O(cloud_services_mail_enabled=true).
    type: bool
  ef_skip_last_ip:
    description:
      - Enhanced filtering for connectors, whether the last address in the path of the mail is skipped.
      - Only for O(direction=inbound).
    type: bool
  ef_skip_ips:
    description:
      - Enhanced filtering for connectors, the addresses that are skipped. An address, a range with a dash, or a network.
      - Only for O(direction=inbound).
    type: list
    elements: str
  ef_users:
    description:
      - Enhanced filtering for connectors, the recipients it is used for. Empty means all.
      - Only for O(direction=inbound).
    type: list
    elements: str
"""

    # Annotated, because ansible-test reads plain assignments as literal YAML.
    LIST: str = _below_the_list(DOCUMENTATION)

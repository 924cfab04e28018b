#!/usr/bin/python

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: partner_tls_info
short_description: See what level of forced TLS a partner's mail servers can sustain
description:
  - Looks at the mail servers of partners as a sending server would (DNS, connection, STARTTLS, handshake, certificate
    chain, revocation, DANE, MTA-STS) and says which O(partners[].level) of an outbound connector every one of them
    stands, what stands in the way, and what the partner has to mend, in sentences that can be sent to the partner.
  - Sends no mail and names no recipient. Needs no credentials for Exchange Online.
  - What it sees, it sees from where it runs. A closed port 25 on the way out is told as V(unreachable), and never counts
    against the partner. When the servers of 16 providers have not answered at all, and no server has, the rest is not
    tried. Run it where port 25 is open, for example with C(delegate_to).
  - An address is connected to once, by TLS 1.2, which Exchange Online is documented to speak. It is connected to again
    only to name the cause of a failed handshake, and under each further host name that its certificate does not cover,
    since a server can show another certificate for another name. At most one connection at a time is open to an
    address, and two to hosts below the same name, such as C(mail.protection.outlook.com).
author:
  - mailflow.exchange_online contributors (@mailflow)
extends_documentation_fragment:
  - mailflow.exchange_online._deps.PROBE
  - mailflow.exchange_online._attributes
  - mailflow.exchange_online._attributes.INFO
options:
  partners:
    description:
      - The partners to look at, in any number. Partners that share servers share the connections.
    type: list
    elements: dict
    required: true
    suboptions:
      domain:
        description:
          - The partner's mail domain, in letters of any script or as C(xn--).
          - A domain with all its subdomains, such as V(*.contoso.com), has no servers of its own and is refused.
        type: str
        required: true
      smart_hosts:
        description:
          - Where the connector delivers to, in place of the domain's MX hosts. As in Exchange Online, a name (its MX hosts
            if it has some, otherwise its addresses), an address, or a network. Of a network, the first 16 addresses are
            looked at.
        type: list
        elements: str
      level:
        description:
          - The level that is asked for, in the words of O(mailflow.exchange_online.connector#module:tls_settings).
            RV(partners[].verdict) is about it.
        type: str
        choices: [encryption_only, certificate_validation, domain_validation]
        default: certificate_validation
      certificate_name:
        description:
          - The name that the connector's O(mailflow.exchange_online.connector#module:tls_domain) asks for or will ask for,
            such as V(mail.contoso.com) or V(*.contoso.com).
          - Without it, RV(partners[].sustains) can still be V(domain_validation), namely where the certificates carry the
            partner's domain or the names of its servers. The verdict on that level then waits for a name, and
            RV(partners[].names) has the candidates.
        type: str
      smtp_dane_mode:
        description:
          - How the connector treats DANE. V(none) takes it out of RV(partners[].delivery).
        type: str
        choices: [opportunistic, mandatory, none]
        default: opportunistic
      mta_sts_mode:
        description:
          - How the connector treats MTA-STS. V(none) takes it out of RV(partners[].delivery).
        type: str
        choices: [opportunistic, none]
        default: opportunistic
  resolvers:
    description:
      - Addresses of the DNS resolvers to ask, with a port where it is not 53, such as V(192.0.2.53) or
        V([2001:db8::53]:5353). Without it, those of the system are asked.
    type: list
    elements: str
  trust_ad:
    description:
      - Whether to believe a resolver that says it has validated an answer by DNSSEC (AD bit). DANE stands on that.
      - Without it, only resolvers on this machine are believed, and those of a system that has C(trust-ad) among the options
        of C(resolv.conf). A DANE failure that rests on an answer that is not believed makes RV(partners[].delivery)
        V(unknown), not V(blocked).
    type: bool
  port:
    description:
      - The SMTP port. Exchange Online uses 25 and no other.
    type: int
    default: 25
  policy_port:
    description:
      - The HTTPS port of MTA-STS policy hosts.
    type: int
    default: 443
  helo_name:
    description:
      - The name to give in EHLO. It should resolve to the address that the connections come from.
      - Without it, the name of the machine is given, or its address where it has no full name.
    type: str
  timeout:
    description:
      - Seconds for each step with a server (connect, banner, each reply, handshake), for each question to DNS and for each
        file fetched, from 1 to 300. Some servers wait long before they greet.
    type: int
    default: 20
  deadline:
    description:
      - Seconds for the whole task, from 1 to 86400, not less than O(timeout). A partner who is not done by then is
        V(unknown), with the finding C(deadline_reached) and what was seen so far.
    type: int
    default: 900
  concurrency:
    description:
      - How many connections to mail servers may be open at a time, from 1 to 256.
    type: int
    default: 32
  ca_path:
    description:
      - A file of CA certificates in PEM form, or a directory of them with hashed names, to trust in place of the
        system's. It stands for the authorities that Microsoft trusts.
    type: path
  expiry_warning_days:
    description:
      - Warn when a certificate expires within so many days, from 0 to 3650.
    type: int
    default: 14
  check_revocation:
    description:
      - Whether to fetch the revocation lists (CRL) that certificates name, as Exchange Online does, and the certificates
        of issuers that servers leave out, to tell an incomplete chain from an unknown authority. Both over HTTP, each once
        per task.
    type: bool
    default: true
  allow_private:
    description:
      - Whether addresses may be connected to that are not public (private, loopback, link-local). Exchange Online cannot
        reach them, and DNS answers of others should not steer connections into your network.
    type: bool
    default: false
seealso:
  - module: mailflow.exchange_online.connectors
  - ref: ansible_collections.mailflow.exchange_online.docsite.partner_ready
    description: What the verdicts mean, with examples.
"""

EXAMPLES = r"""
- name: See whether a partner is ready for the wizard's default level
  mailflow.exchange_online.partner_tls_info:
    partners:
      - domain: contoso.com
  register: seen

- name: Stop unless it is
  ansible.builtin.assert:
    that: seen.partners[0].verdict == 'ready'
    fail_msg: "{{ seen.partners[0].findings | map(attribute='message') | join(' ') }}"

- name: Look at all partners from a host with port 25 open, with their own levels
  mailflow.exchange_online.partner_tls_info:
    partners:
      - domain: fabrikam.com
        level: encryption_only
      - domain: contoso.com
        level: domain_validation
        certificate_name: mail.contoso.com
      - domain: proseware.com
        smart_hosts: [tls-gateway.proseware.com, 192.0.2.25]
    helo_name: probe.example.com
  delegate_to: mail-relay.example.com
  register: seen

- name: Tell what has to be mended, partner by partner
  ansible.builtin.debug:
    msg: "{{ item.findings | rejectattr('severity', 'equalto', 'info') | map(attribute='advice') }}"
  loop: "{{ seen.partners | rejectattr('verdict', 'equalto', 'ready') }}"
  loop_control:
    label: "{{ item.domain }}: {{ item.verdict }}"
"""

RETURN = r"""
partners:
  description: What was seen of each partner, in the order of O(partners).
  returned: success
  type: list
  elements: dict
  contains:
    domain:
      description: The domain, as A-labels.
      returned: always
      type: str
      sample: contoso.com
    level:
      description: The level that was asked for.
      returned: always
      type: str
    certificate_name:
      description: The certificate name that was asked for, empty without one.
      returned: always
      type: str
    verdict:
      description:
        - V(ready) - every server that answered passes RV(partners[].level), and nothing else stands in the way of mail.
        - V(not_ready) - at least one server would not get mail at this level, or mail would be stopped for another reason. A
          finding of severity V(error) says why.
        - V(unreachable) - no server could be connected to from here. It says nothing about the partner.
        - V(unknown) - the servers did not let themselves be judged, or DNS did not answer, or something is not documented
          well enough to promise.
      returned: always
      type: str
      sample: ready
    sustains:
      description:
        - The strongest level that every server that was judged is known to pass, V(opportunistic) where one has no usable
          TLS, null where none was judged.
      returned: always
      type: str
      sample: domain_validation
    delivery:
      description:
        - Whether mail would be delivered as far as DANE and MTA-STS go, whatever the level, given
          O(partners[].smtp_dane_mode) and O(partners[].mta_sts_mode); V(ok), V(blocked) or V(unknown).
      returned: always
      type: str
      sample: ok
    names:
      description:
        - Names that would pass at all judged servers, the best candidate for
          O(mailflow.exchange_online.connector#module:tls_domain) first.
      returned: always
      type: list
      elements: str
      sample: [mail.contoso.com, "*.contoso.com"]
    hosts:
      description: Each address of each server, by preference.
      returned: always
      type: list
      elements: dict
      contains:
        host:
          description: The name of the MX host or smart host, empty for a smart host given by its address.
          returned: always
          type: str
        via:
          description: How mail gets there; V(mx), V(implicit_mx) (the domain's own address, for want of an MX record) or
            V(smart_host).
          returned: always
          type: str
        preference:
          description: The preference of the MX record, the lowest first.
          returned: always
          type: int
        address:
          description: The address. A host without one is told among the findings.
          returned: always
          type: str
        canonical_name:
          description: The name that the host's name is an alias (CNAME) for, empty if it is none.
          returned: always
          type: str
        dnssec:
          description: Whether the resolver called the answers that led to the host and its addresses validated.
          returned: always
          type: bool
        sustains:
          description: The strongest level that this server passes, null where it was not judged.
          returned: always
          type: str
        failed_at:
          description: The step at which the conversation ended early; V(connect), V(banner), V(ehlo), V(starttls),
            V(handshake), V(ehlo_again) or V(quit).
          returned: always
          type: str
        failure:
          description: How it ended; V(refused), V(timeout), V(unreachable), V(closed), V(reply), V(protocol), V(tls),
            V(deadline) or V(private).
          returned: always
          type: str
        failure_detail:
          description: The same in a few words.
          returned: always
          type: str
        milliseconds:
          description: How long each step took, in milliseconds.
          returned: always
          type: dict
        banner:
          description: The server's greeting, a dictionary of C(code) and C(text).
          returned: always
          type: dict
        extensions:
          description: The extensions that it offers in clear.
          returned: always
          type: list
          elements: str
        starttls:
          description: The answer to STARTTLS, a dictionary of C(code) and C(text).
          returned: always
          type: dict
        extensions_after_tls:
          description: The extensions that it offers inside TLS.
          returned: always
          type: list
          elements: str
        protocol:
          description: The version of TLS that was agreed. C(TLSv1.2) unless the server has TLS 1.3 only.
          returned: always
          type: str
          sample: TLSv1.2
        cipher:
          description: The cipher suite, by its OpenSSL name.
          returned: always
          type: str
          sample: ECDHE-RSA-AES256-GCM-SHA384
        offers_tls13:
          description: Whether the server has TLS 1.3 as well, as its TLS 1.2 answer tells (RFC 8446 section 4.1.3).
          returned: always
          type: bool
        client_certificate_asked:
          description: Whether it asked for a client certificate.
          returned: always
          type: bool
        chain:
          description: The certificates as sent, the server's own first.
          returned: always
          type: list
          elements: dict
          contains:
            subject:
              description: Whom it is for.
              returned: always
              type: str
            issuer:
              description: Who issued it.
              returned: always
              type: str
            serial_number:
              description: The serial number, hexadecimal.
              returned: always
              type: str
            names:
              description: The DNS names in it.
              returned: always
              type: list
              elements: str
            common_name:
              description: The common name of its subject.
              returned: always
              type: str
            not_before:
              description: From when it is valid, in UTC.
              returned: always
              type: str
              sample: "2026-09-01T00:00:00Z"
            not_after:
              description: Until when it is valid, in UTC.
              returned: always
              type: str
              sample: "2026-12-18T00:00:00Z"
            days_left:
              description: Whole days until then, negative after it.
              returned: always
              type: int
            key:
              description: Type and size of its key.
              returned: always
              type: str
              sample: RSA 2048
            signature:
              description: The algorithm that it is signed with.
              returned: always
              type: str
            sha256:
              description: The SHA-256 fingerprint of the certificate, hexadecimal.
              returned: always
              type: str
            spki_sha256:
              description: The SHA-256 of its public key, hexadecimal; the data of a TLSA record C(3 1 1).
              returned: always
              type: str
            crl_urls:
              description: Where its revocation list is.
              returned: always
              type: list
              elements: str
            ocsp_urls:
              description: Where its revocation can be asked online. This module does not.
              returned: always
              type: list
              elements: str
        trust:
          description:
            - Whether the chain leads to a trusted authority; a dictionary of C(trusted), C(reason) (V(trusted), V(expired),
              V(not_yet_valid), V(self_signed), V(untrusted_root), V(incomplete_chain), V(wrong_purpose) or V(other)), C(code)
              and C(text) in OpenSSL's words, and C(missing_issuer), the certificate that an incomplete chain lacks.
            - Null where no certificate was seen.
          returned: always
          type: dict
        revocation:
          description: What the revocation lists say; V(good), V(revoked), V(unknown), V(not_named) or V(not_checked).
          returned: always
          type: str
        dane:
          description:
            - The TLSA records against this server; a dictionary of C(status), C(records) and C(detail). The status is
              V(none), V(match), V(mismatch), V(unusable), V(bogus) or V(unjudged).
          returned: always
          type: dict
    dane:
      description:
        - DANE for the partner as a whole; a dictionary of C(status) (the worst of its servers), C(dnssec) (whether the
          resolver called the MX answer validated) and C(proven) (whether that is believed, see O(trust_ad)).
      returned: always
      type: dict
    mta_sts:
      description:
        - The MTA-STS policies that count; that of the domain or, with O(partners[].smart_hosts), those of the smart hosts'
          names.
      returned: always
      type: list
      elements: dict
      contains:
        domain:
          description: Whose policy it is.
          returned: always
          type: str
        status:
          description: V(none), V(found), V(dns_failed), V(txt_invalid), V(fetch_failed) or V(policy_invalid).
          returned: always
          type: str
        mode:
          description: V(enforce), V(testing) or V(none).
          returned: always
          type: str
        policy_id:
          description: The policy's identifier from DNS.
          returned: always
          type: str
        mx:
          description: The patterns of MX hosts.
          returned: always
          type: list
          elements: str
        max_age:
          description: How long senders keep the policy, in seconds.
          returned: always
          type: int
        detail:
          description: What is wrong with it.
          returned: always
          type: str
    tls_rpt:
      description:
        - Where the domain wants to have reports on TLS failures (RFC 8460); a dictionary of C(status) and C(rua).
      returned: always
      type: dict
    findings:
      description: What was found, errors first.
      returned: always
      type: list
      elements: dict
      contains:
        code:
          description:
            - The kind of finding. All are in
              L(the table of findings,https://github.com/mailflow/ansible-exchange-online/blob/main/docs/findings.md).
          returned: always
          type: str
          sample: incomplete_chain
        severity:
          description: V(error) stands against the level or against delivery, V(warning) will or may, V(info) does not.
          returned: always
          type: str
        subject:
          description: The server or domain that it is about.
          returned: always
          type: str
        message:
          description: What was seen.
          returned: always
          type: str
        advice:
          description: What to do, in words that can be sent to the partner.
          returned: always
          type: str
connections:
  description: How many connections to mail servers were made.
  returned: success
  type: int
  sample: 12
error:
  description: Why it failed.
  returned: failure
  type: dict
  contains:
    kind:
      description: The kind of failure; V(input), V(dependency), V(network) or V(internal).
      returned: failure
      type: str
    message:
      description: One sentence that says what is wrong and what to do next.
      returned: failure
      type: str
    http_status:
      description: Always null.
      returned: failure
      type: int
    code:
      description: Always null.
      returned: failure
      type: str
    request_id:
      description: Always null.
      returned: failure
      type: str
    retryable:
      description: Whether the same task may succeed later without any change.
      returned: failure
      type: bool
"""

from ansible_collections.mailflow.exchange_online.plugins.module_utils._argspec import ArgumentSpec
from ansible_collections.mailflow.exchange_online.plugins.module_utils._module import host
from ansible_collections.mailflow.exchange_online.plugins.module_utils._program import Program
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.options import probe_options
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.runner import run_partner_tls_info


def main() -> None:
    host(Program(ArgumentSpec(probe_options()), run_partner_tls_info))


if __name__ == "__main__":
    main()

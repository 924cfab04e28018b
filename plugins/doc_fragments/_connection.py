# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private part of the collection: it may change in any release.

"""Where the services are, and how hard to try: the twin of ``connection_spec`` in module_utils/_argspec.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  cloud:
    description:
      - The cloud that the tenant lives in. It sets both hosts and the audience of tokens.
      - If not set, the environment variable E(EXO_CLOUD) is looked at.
    type: str
    choices: [worldwide, gcc, gcc_high, dod, china]
    default: worldwide
  api_url:
    description:
      - Another address of Exchange Online than that of O(cloud), such as V(https://outlook.example.com), without a path.
      - The audience of tokens stays that of O(cloud).
      - If not set, the environment variable E(EXO_API_URL) is looked at.
    type: str
  authority_url:
    description:
      - Another address of the sign-in service than that of O(cloud), such as V(https://login.example.com), without the
        tenant.
      - If not set, the environment variable E(EXO_AUTHORITY_URL) is looked at.
    type: str
  ca_path:
    description:
      - A file of CA certificates in PEM form to trust, in place of those that come with the Python library requests.
      - The variables C(REQUESTS_CA_BUNDLE) and C(CURL_CA_BUNDLE) have no effect. The proxy variables C(HTTPS_PROXY) and
        C(NO_PROXY) are honoured.
      - If not set, the environment variable E(EXO_CA_PATH) is looked at.
    type: path
  validate_certs:
    description:
      - Whether to check the certificates of Exchange Online and of the sign-in service. V(false) lets anybody on the way
        read the credentials.
      - If not set, the environment variable E(EXO_VALIDATE_CERTS) is looked at.
    type: bool
    default: true
  timeout:
    description:
      - Seconds to wait for the answer to one request, from 1 to 3600.
      - If not set, the environment variable E(EXO_TIMEOUT) is looked at.
    type: int
    default: 60
  retries:
    description:
      - How often one request is tried in all, from 1 to 20. V(1) means that nothing is tried again.
      - A command is only tried again when it surely did not run. After any other failure of a command that writes, what
        stands in Exchange is read before anything else is sent.
      - If not set, the environment variable E(EXO_RETRIES) is looked at.
    type: int
    default: 5
  concurrency:
    description:
      - How many requests may be in flight at a time, from 1 to 20. There are fewer for a while when the service asks for
        it.
      - If not set, the environment variable E(EXO_CONCURRENCY) is looked at.
    type: int
    default: 4
  batch_size:
    description:
      - How many commands go into one request, from 1 to 10. V(1) sends each by itself. The service does not
        document batches; where it does not know them, commands are sent by themselves.
      - If not set, the environment variable E(EXO_BATCH_SIZE) is looked at.
    type: int
    default: 1
"""

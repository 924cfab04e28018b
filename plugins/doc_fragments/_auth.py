# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private part of the collection: it may change in any release.

"""How to sign in: the twin of ``auth_spec`` in module_utils/_argspec.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  tenant_id:
    description:
      - The tenant, as a GUID or as one of its verified domains.
      - Needed for every way to sign in but O(access_token) and a managed identity, whose tokens tell the tenant.
      - If not set, the environment variables E(EXO_TENANT_ID), E(AZURE_TENANT_ID) and E(AZURE_TENANT) are looked at, in
        this order.
    type: str
  client_id:
    description:
      - The application (client) ID of the app registration.
      - If not set, the environment variables E(EXO_CLIENT_ID) and E(AZURE_CLIENT_ID) are looked at, in this order.
    type: str
  client_secret:
    description:
      - A client secret of the application, its value and not its ID.
      - If not set, the environment variables E(EXO_CLIENT_SECRET), E(AZURE_CLIENT_SECRET) and E(AZURE_SECRET) are looked
        at, in this order.
    type: str
  certificate_path:
    description:
      - A file with a certificate of the application and its RSA key, both in one PEM file, or a PFX file.
      - It is read on the host where the module runs. A file that every user of that host can read or replace brings a
        warning; what is mounted read-only does not, since containers get their secrets that way.
      - If not set, the environment variables E(EXO_CERTIFICATE_PATH) and E(AZURE_CLIENT_CERTIFICATE_PATH) are looked at,
        in this order.
    type: path
  certificate_passphrase:
    description:
      - The passphrase of the key in O(certificate_path), if it has one.
      - If not set, the environment variables E(EXO_CERTIFICATE_PASSPHRASE) and E(AZURE_CLIENT_CERTIFICATE_PASSWORD) are
        looked at, in this order.
    type: str
  federated_token_file:
    description:
      - A file with a token of another identity provider that the application trusts (workload identity federation), such
        as the one that Kubernetes or a CI system writes. It is read anew for each sign-in.
      - It brings the same warnings as O(certificate_path).
      - If not set, the environment variables E(EXO_FEDERATED_TOKEN_FILE) and E(AZURE_FEDERATED_TOKEN_FILE) are looked at,
        in this order.
    type: path
  managed_identity_client_id:
    description:
      - The client ID of a user-assigned managed identity, for O(auth_method=managed_identity). Without it the host's
        system-assigned identity is used.
      - If not set, the environment variable E(EXO_MANAGED_IDENTITY_CLIENT_ID) is looked at.
    type: str
  access_token:
    description:
      - A ready access token for Exchange Online, obtained elsewhere. It cannot be renewed when it expires.
      - If not set, the environment variable E(EXO_ACCESS_TOKEN) is looked at.
    type: str
  auth_method:
    description:
      - How to sign in.
      - V(auto) takes the first of O(access_token), O(certificate_path), O(federated_token_file) and O(client_secret) that
        is given, as an option or in the environment. Where variables of several ways are set, name the way here.
      - V(managed_identity) uses the identity of the host where the module runs, and is never assumed.
      - If not set, the environment variable E(EXO_AUTH_METHOD) is looked at.
    type: str
    choices: [auto, client_secret, certificate, federated_token, managed_identity, access_token]
    default: auto
notes:
  - The application needs the application permission C(Exchange.ManageAsApp) of C(Office 365 Exchange Online) with admin
    consent, and a role. Global Reader is enough to read, Exchange Administrator to write, and so is a role group with
    the management roles C(Remote and Accepted Domains) and C(View-Only Configuration).
"""

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's certificate authority and the TLS of its servers. Made once a process: keys and signatures take time."""

from __future__ import annotations

import functools
import ssl

import trustme

HOSTS = ("127.0.0.1", "localhost")


@functools.cache
def _authority() -> trustme.CA:
    return trustme.CA(organization_name="mailflow lab", organization_unit_name="not for anything else")


def ca_pem() -> bytes:
    """The certificate of the authority."""
    return _authority().cert_pem.bytes()


@functools.cache
def server_context() -> ssl.SSLContext:
    """TLS for the lab's HTTP servers: TLS 1.2 or newer, a certificate for 127.0.0.1 and localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    issue(*HOSTS).configure_cert(context)
    return context


def issue(*names: str) -> trustme.LeafCert:
    """Another certificate of this authority."""
    return _authority().issue_cert(*names)

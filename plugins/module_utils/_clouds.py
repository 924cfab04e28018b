# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""The clouds of Microsoft 365: where Exchange Online and its sign-in service answer."""

from __future__ import annotations

import typing as t
import urllib.parse

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError


class Endpoints(t.NamedTuple):
    """Where one tenant's services are. URLs carry no path and no trailing slash."""

    api: str
    authority: str
    resource: str  # the audience of tokens

    @property
    def scope(self) -> str:
        return f"{self.resource}/.default"


# Microsoft's pages "Connect-ExchangeOnline", "Exchange Online Admin API: authentication" and "National clouds". For
# China they disagree on the API host (partner.outlook.cn or outlook.office365.cn); the first is the one that the
# PowerShell module uses. GCC lives in the worldwide cloud.
CLOUDS: t.Mapping[str, Endpoints] = {
    cloud: Endpoints(f"https://{api}", f"https://{authority}", f"https://{api}")
    for cloud, api, authority in (
        ("worldwide", "outlook.office365.com", "login.microsoftonline.com"),
        ("gcc", "outlook.office365.com", "login.microsoftonline.com"),
        ("gcc_high", "outlook.office365.us", "login.microsoftonline.us"),
        ("dod", "outlook-dod.office365.us", "login.microsoftonline.us"),
        ("china", "partner.outlook.cn", "login.chinacloudapi.cn"),
    )
}


def endpoints(cloud: str, api_url: str | None = None, authority_url: str | None = None) -> Endpoints:
    """Return the addresses of ``cloud``, with those replaced that are given.

    The audience stays the cloud's own when ``api_url`` replaces its host: a regional host, a gateway or a test
    double stands in for the service, and the service accepts tokens for its one name only.
    Raises InputError with a sentence for each option that cannot be used.
    """
    problems = []
    base = CLOUDS.get(cloud)
    if base is None:
        problems.append(f"cloud: '{cloud}' is not known; use one of {', '.join(CLOUDS)}.")
    problems += _problem("api_url", api_url, "leave the path out, it is the same everywhere")
    problems += _problem("authority_url", authority_url, "leave the path out and give the tenant in tenant_id")
    if base is None or problems:
        raise InputError(problems)
    return base._replace(api=_origin(api_url) or base.api, authority=_origin(authority_url) or base.authority)


def _problem(option: str, url: str | None, about_path: str) -> list[str]:
    """Return what is wrong with a base URL. Never shows user information, which may be a password."""
    if not url or not url.strip():
        return []
    try:
        parts = urllib.parse.urlsplit(url.strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        return [f"{option}: this is not a URL; give it as https://host or https://host:port."]
    if parts.username is not None or parts.password is not None:
        return [f"{option}: leave out the user name before the host; credentials have options of their own."]
    if parts.scheme != "https":
        return [f"{option}: '{url}' does not begin with https://, and tokens travel over TLS only; give https://host."]
    if not host or any(character.isspace() for character in url.strip()):
        return [f"{option}: '{url}' names no host; give it as https://host or https://host:port."]
    if parts.path not in ("", "/"):
        return [f"{option}: '{url}' has the path '{parts.path}'; {about_path}."]
    if parts.query or parts.fragment or url.strip()[-1] in "?#":
        return [f"{option}: '{url}' goes on after the host; give only https://host or https://host:port."]
    return []


def _origin(url: str | None) -> str:
    return url.strip().rstrip("/") if url else ""

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""msal's requests through our own HTTP session, with the failures that msal reports differently by version."""

from __future__ import annotations

import json
import typing as t
import urllib.parse

from ansible_collections.mailflow.exchange_online.plugins.module_utils import _retry
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._session import Http, Reply, TransportFailure


class Unavailable(Exception):
    """The sign-in service answered that it cannot now."""

    def __init__(self, status: int, retry_after: str | None, payload: t.Mapping[str, t.Any]) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.retry_after = retry_after
        self.payload = payload


class MsalResponse:
    """An answer in the shape in which msal wants it."""

    def __init__(self, reply: Reply) -> None:
        self.status_code = reply.status
        self.headers = dict(reply.headers)
        self.text = reply.body.decode("utf-8", "replace")

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise RuntimeError(f"HTTP {self.status_code}")


class MsalHttp:
    """What msal calls ``http_client``. ``last`` is the last answer, for words about it.

    429 and 5xx become Unavailable here: msal raises one of three exceptions for them or returns an error, depending
    on its version and on the body, and then remembers some of them.
    """

    def __init__(self, http: Http, *, passing: t.Container[int] = ()) -> None:
        self._http = http
        self._passing = passing  # further statuses that mean "try again"
        self.last: Reply | None = None

    def get(
        self,
        url: str,
        params: t.Mapping[str, t.Any] | None = None,
        headers: t.Mapping[str, str] | None = None,
        **_kwargs: object,
    ) -> MsalResponse:
        return self._send("GET", _with_query(url, params), headers or {}, None)

    def post(
        self,
        url: str,
        params: t.Mapping[str, t.Any] | None = None,
        data: t.Mapping[str, t.Any] | str | None = None,
        headers: t.Mapping[str, str] | None = None,
        **_kwargs: object,
    ) -> MsalResponse:
        body = data if isinstance(data, str) else urllib.parse.urlencode(data or {})
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._send("POST", _with_query(url, params), form, body)

    def close(self) -> None:
        self._http.close()

    def _send(self, method: str, url: str, headers: t.Mapping[str, str], body: str | None) -> MsalResponse:
        reply = self._http.send(method, url, headers=headers, body=body)
        self.last = reply
        if reply.damaged:
            raise TransportFailure("lost", f"the answer of {urllib.parse.urlsplit(url).netloc} was cut short")
        if 300 <= reply.status < 400:
            raise ExchangeError(
                "authentication",
                f"The sign-in service at {urllib.parse.urlsplit(url).netloc} redirects elsewhere, and credentials are"
                " not sent after it; check authority_url and any gateway on the way.",
                http_status=reply.status,
            )
        if reply.status == 429 or reply.status >= 500 or reply.status in self._passing:
            raise Unavailable(reply.status, _retry.wish_of(reply.headers), payload_of(reply))
        return MsalResponse(reply)


def payload_of(reply: Reply | None) -> dict[str, t.Any]:
    """Return the JSON object of an answer, empty when it has none."""
    try:
        found = json.loads(reply.body) if reply else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _with_query(url: str, params: t.Mapping[str, t.Any] | None) -> str:
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urllib.parse.urlencode(params)}"

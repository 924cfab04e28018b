# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A caller of the lab's admin API for its own tests: plain requests over real TLS, nothing of the product in it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

import requests

from ansible_collections.mailflow.exchange_online.tests.lab import Lab

Json = dict[str, t.Any]
TAG = "#Exchange.GenericHashTable"


def sign_in(lab: Lab, **form: str) -> str:
    """A token of the lab's first tenant, got with its client secret."""
    fields = {
        "grant_type": "client_credentials",
        "client_id": lab.tenant.client_id,
        "client_secret": lab.tenant.client_secret,
        "scope": "https://outlook.office365.com/.default",
        **form,
    }
    url = f"{lab.authority_url}/{lab.tenant.tenant_id}/oauth2/v2.0/token"
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(url, data=fields, verify=str(lab.ca_path), timeout=10)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


@dataclass
class Api:
    """The admin API as one caller sees it."""

    lab: Lab
    token: str | None = None
    tenant: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.verify = str(self.lab.ca_path)
        self.tenant = self.tenant or self.lab.tenant.tenant_id

    def url(self, resource: str = "InvokeCommand") -> str:
        """A URL of the beta API."""
        return f"{self.lab.api_url}/adminapi/beta/{self.tenant}/{resource}"

    def send(self, body: object, url: str | None = None, method: str = "POST", **headers: str) -> requests.Response:
        """One request, body as JSON, redirects not followed."""
        every = {"Accept": "application/json", **self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
        if self.token is not None:
            every["Authorization"] = f"Bearer {self.token}"
        return self.session.request(
            method, url or self.url(), json=body, headers=every, timeout=20, allow_redirects=False, stream=False
        )

    def call(self, cmdlet: str, /, **parameters: object) -> requests.Response:
        """One cmdlet."""
        return self.send({"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}})

    def done(self, cmdlet: str, /, **parameters: object) -> Json:
        """One cmdlet that must succeed; its answer."""
        answer = self.call(cmdlet, **parameters)
        assert answer.status_code == 200, answer.text
        return t.cast(Json, answer.json())

    def value(self, cmdlet: str, /, **parameters: object) -> list[Json]:
        """The records of a cmdlet that must succeed."""
        return t.cast("list[Json]", self.done(cmdlet, **parameters)["value"])

    def one(self, cmdlet: str, identity: str) -> Json:
        """The one record of that identity."""
        (record,) = self.value(cmdlet, Identity=identity)
        return record

    def refused(self, cmdlet: str, /, status: int = 400, **parameters: object) -> str:
        """One cmdlet that must fail; the text that a careful client finds in the answer."""
        answer = self.call(cmdlet, **parameters)
        assert answer.status_code == status, answer.text
        return text_of(answer.json())

    def batch(self, *calls: tuple[str, Json], **headers: str) -> requests.Response:
        """Several cmdlets in one request, with ids 1, 2, 3 ..."""
        return self.send({"requests": self.items(*calls)}, self.url("$batch"), **headers)

    def items(self, *calls: tuple[str, Json]) -> list[Json]:
        """The items of a batch."""
        return [
            {
                "id": str(number),
                "method": "POST",
                "url": self.url(),
                "body": {"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters}},
            }
            for number, (cmdlet, parameters) in enumerate(calls, start=1)
        ]


def text_of(body: Json) -> str:
    """The useful text of an error: that of the details, or of the inner exception."""
    error = body["error"]
    for detail in error.get("details", []):
        return str(detail["message"]).split("|", 2)[2]
    return str(error["innererror"]["internalexception"]["message"])


def type_of(body: Json) -> str:
    """The .NET type of an error."""
    error = body["error"]
    for detail in error.get("details", []):
        return str(detail["message"]).split("|", 2)[1]
    return str(error["innererror"]["internalexception"]["type"])


def bare(record: Json) -> Json:
    """A record without its type sidecars."""
    return {name: value for name, value in record.items() if "@" not in name}


def names(records: t.Iterable[Json]) -> list[str]:
    """The names of records, in order."""
    return [str(record["Name"]) for record in records]

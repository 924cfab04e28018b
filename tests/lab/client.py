# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The face of a lab that runs in another process, over its control API."""

from __future__ import annotations

import typing as t

import requests

from .faults import Fault
from .journal import Entry, JournalView
from .server import connection, environment

_SECONDS: t.Final = 30.0
#: Partners may be slow, and a day of attempts is made in one request.
_MAIL_SECONDS: t.Final = 600.0


class _Control:
    """Requests to the control API. A session per request: the face may be used from any thread."""

    def __init__(self, url: str, ca_path: str) -> None:
        self._url = url
        self._ca_path = ca_path

    def __call__(self, method: str, path: str, body: object = None, seconds: float = _SECONDS) -> t.Any:
        """The answer's JSON. Raises ValueError with the lab's own words when it refuses."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, self._url + path, json=body, verify=self._ca_path, timeout=seconds)
        if answer.status_code == 400:
            raise ValueError(answer.json()["error"])
        answer.raise_for_status()
        return answer.json()


class RemoteJournal(JournalView):
    """The journal."""

    def __init__(self, control: _Control) -> None:
        self._control = control

    @property
    def entries(self) -> list[Entry]:
        """All entries so far, oldest first."""
        return [Entry(**one) for one in self._control("GET", "/journal")["entries"]]

    def clear(self) -> None:
        """Forget all entries."""
        self._control("DELETE", "/journal")


class RemoteFaults:
    """The faults."""

    def __init__(self, control: _Control) -> None:
        self._control = control

    def add(self, *faults: Fault) -> None:
        """Add faults behind those that are there."""
        self._control("POST", "/faults", [fault.as_dict() for fault in faults])

    def clear(self) -> None:
        """No more faults."""
        self._control("DELETE", "/faults")

    @property
    def all(self) -> list[Fault]:
        """The faults with their counts."""
        found = []
        for one in self._control("GET", "/faults")["faults"]:
            fault = Fault.from_dict(one)
            fault.seen, fault.done = int(one["seen"]), int(one["done"])
            found.append(fault)
        return found


class RemoteSwitches:
    """The switches."""

    def __init__(self, control: _Control) -> None:
        self._control = control

    def __getitem__(self, name: str) -> t.Any:
        return self.as_dict()[name]

    def __setitem__(self, name: str, value: object) -> None:
        self.update({name: value})

    def update(self, settings: t.Mapping[str, object]) -> None:
        """Set several. Raises ValueError for a name or value that is not on offer."""
        self._control("PUT", "/switches", dict(settings))

    def reset(self) -> None:
        """Back to the settings of the start."""
        self._control("DELETE", "/switches")

    def as_dict(self) -> dict[str, t.Any]:
        """All settings."""
        return dict(self._control("GET", "/switches"))


class RemoteMail:
    """Mail to the partners; messages and notices are as the lab's own describe themselves."""

    def __init__(self, control: _Control) -> None:
        self._control = control

    @property
    def messages(self) -> list[dict[str, t.Any]]:
        """All messages, oldest first."""
        return list(self._control("GET", "/mail")["messages"])

    @property
    def notices(self) -> list[dict[str, t.Any]]:
        """All non-delivery reports, oldest first."""
        return list(self._control("GET", "/mail")["notices"])

    def inbox(self, address: str) -> list[dict[str, t.Any]]:
        """The non-delivery reports that somebody got."""
        return [one for one in self.notices if one["to"].lower() == address.lower()]

    def submit(self, mail_from: str, recipients: str | t.Sequence[str], **rest: t.Any) -> list[dict[str, t.Any]]:
        """Send a message; ``rest`` are the other arguments of MailFlow.submit. Raises ValueError."""
        body = {"mail_from": mail_from, "recipients": recipients, **rest}
        return list(self._control("POST", "/mail", body, _MAIL_SECONDS)["messages"])

    def advance(self, seconds: float) -> list[dict[str, t.Any]]:
        """Let time pass; the messages to which something happened."""
        return list(self._control("POST", "/mail/advance", {"seconds": seconds}, _MAIL_SECONDS)["messages"])


class RemoteTenant:
    """A tenant: the members of its description, and what stands in its Exchange now."""

    def __init__(self, control: _Control, description: t.Mapping[str, t.Any]) -> None:
        self._control = control
        self._description = dict(description)

    def __getattr__(self, name: str) -> t.Any:
        try:
            return self.__dict__["_description"][name]
        except KeyError:
            raise AttributeError(name) from None

    def _state(self, name: str) -> list[dict[str, t.Any]]:
        for one in self._control("GET", "/state")["tenants"]:
            if one["tenant_id"] == self._description["tenant_id"]:
                return list(one[name])
        raise LookupError(self._description["tenant_id"])

    @property
    def outbound(self) -> list[dict[str, t.Any]]:
        """Outbound connectors as they are."""
        return self._state("outbound")

    @property
    def inbound(self) -> list[dict[str, t.Any]]:
        """Inbound connectors as they are."""
        return self._state("inbound")

    @property
    def accepted_domains(self) -> list[dict[str, t.Any]]:
        """The tenant's own domains."""
        return self._state("accepted_domains")

    def describe(self) -> dict[str, t.Any]:
        """Its description."""
        return dict(self._description)


class RemoteLab:
    """A lab in another process, from the line of JSON that it printed."""

    def __init__(self, description: t.Mapping[str, t.Any]) -> None:
        self._description = dict(description)
        self._control = _Control(self._description["control_url"], self._description["ca_path"])
        self.journal = RemoteJournal(self._control)
        self.faults = RemoteFaults(self._control)
        self.switches = RemoteSwitches(self._control)
        self.authority_url: str = self._description["authority_url"]
        self.api_url: str = self._description["api_url"]
        self.imds_url: str = self._description["imds_url"]
        self.control_url: str = self._description["control_url"]
        self.ca_path: str = self._description["ca_path"]
        self.tenants = {one["tenant_id"]: RemoteTenant(self._control, one) for one in self._description["tenants"]}
        self.tenant = next(iter(self.tenants.values()))

    @property
    def partners(self) -> dict[str, t.Any]:
        """The description of the partners' world. Raises KeyError for a lab without one."""
        return dict(self._description["partners"])

    @property
    def inbound(self) -> dict[str, t.Any]:
        """Where the first tenant's mail server is. Raises KeyError for a lab without partners."""
        return dict(self._description["inbound"])

    @property
    def mail(self) -> RemoteMail:
        """Mail to the partners. Raises KeyError for a lab without them."""
        assert self.partners
        return RemoteMail(self._control)

    @property
    def latency(self) -> float:
        """Seconds that each admin request takes."""
        return float(self._control("GET", "/latency")["latency"])

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._control("PUT", "/latency", {"latency": seconds})

    def issued_tokens(self) -> list[str]:
        """All access tokens so far."""
        return list(self._control("GET", "/tokens")["tokens"])

    def connection(self, tenant: RemoteTenant | None = None) -> dict[str, t.Any]:
        """Module options that sign in with the secret of the first app of a tenant, by default the first."""
        return connection(self._description, (tenant or self.tenant).describe())

    def environment(self, tenant: RemoteTenant | None = None) -> dict[str, str]:
        """The same as environment variables."""
        return environment(self.connection(tenant))

    def describe(self) -> dict[str, t.Any]:
        """What it was made from."""
        return dict(self._description)

    def reset(self) -> None:
        """Back to the seed."""
        self._control("POST", "/reset")

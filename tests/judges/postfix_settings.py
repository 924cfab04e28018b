# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Postfix of our own is told: main.cf and master.cf."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

#: Mail is stored under this account, which every system has: `virtual` delivers as nobody below uid 100.
MAILBOX_UID = 65534


@dataclasses.dataclass(frozen=True)
class Settings:
    """One mail server: it takes mail for ``domains``, and hands all other mail to ``relay``. Port 0: the system picks.

    Words of TLS are Postfix's: https://www.postfix.org/TLS_README.html. ``pem`` and ``client_pem`` hold a key and the
    chain behind it, as ``Issued.pem()`` has them. ``ca_pem`` is whom it trusts, in both directions. ``relay_names`` are
    what the levels ``verify`` and ``secure`` take; empty: the relay's address, which no certificate has. ``source`` is
    the address that it sends from. ``more`` is added to main.cf.
    """

    address: str
    port: int = 0
    name: str = "mx.partner.test"
    domains: tuple[str, ...] = ("partner.test",)
    tls: t.Literal["none", "may", "encrypt"] = "none"
    pem: bytes = b""
    protocols: str = ">=TLSv1.2"
    asks_certificate: bool = False
    ca_pem: bytes = b""
    relay: tuple[str, int] | None = None
    relay_tls: t.Literal["none", "may", "encrypt", "verify", "secure"] = "may"
    relay_names: tuple[str, ...] = ()
    relay_protocols: str = ">=TLSv1.2"
    client_pem: bytes = b""
    source: str = ""
    more: t.Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where this Postfix lives, and what this machine's Postfix is made of."""

    root: pathlib.Path
    daemons: str
    owner: str
    group: str
    port: int
    submission_port: int

    @property
    def configuration(self) -> pathlib.Path:
        return self.root / "etc"

    @property
    def queue(self) -> pathlib.Path:
        return self.root / "spool"

    @property
    def data(self) -> pathlib.Path:
        return self.root / "data"

    @property
    def mailboxes(self) -> pathlib.Path:
        return self.root / "mail"

    @property
    def log(self) -> pathlib.Path:
        return self.root / "log"

    def pem(self, name: str) -> pathlib.Path:
        return self.configuration / f"{name}.pem"


def main_cf(settings: Settings, place: Place) -> str:
    """The file main.cf. Nothing in it asks a name server, and no look-up table takes a library."""
    given: dict[str, object] = {
        **_places(place),
        "compatibility_level": "3.6",
        "myhostname": settings.name,
        "myorigin": "$myhostname",
        "mydestination": "",
        "mynetworks": "",
        # Those of 127/8 belong to no interface by name, which is an error here; master.cf has what is listened on.
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "alias_maps": "",
        "local_recipient_maps": "",
        "smtpd_peername_lookup": "no",
        # Nothing is added to a message but Received.
        "local_header_rewrite_clients": "",
        "smtpd_relay_restrictions": "reject_unauth_destination",
        "smtp_dns_support_level": "disabled",
        "smtp_host_lookup": "native",
        "smtp_connect_timeout": "5s",
        "smtp_helo_timeout": "10s",
        "smtp_starttls_timeout": "10s",
        # What is deferred stays so: one attempt is what tests look at.
        "queue_run_delay": "1h",
        "minimal_backoff_time": "1h",
        "maximal_backoff_time": "1h",
        # Idle processes go at once when the master is told to end by its own clock.
        "max_idle": "10s",
        **_mailboxes(settings, place),
        **_taking(settings, place),
        **_sending(settings, place),
        **settings.more,
    }
    return "".join(f"{name} = {value}\n" for name, value in given.items())


def _places(place: Place) -> dict[str, object]:
    return {
        "queue_directory": place.queue,
        "data_directory": place.data,
        "daemon_directory": place.daemons,
        "mail_owner": place.owner,
        "setgid_group": place.group,
        "maillog_file": place.log,
        "maillog_file_prefixes": place.root,
    }


def _mailboxes(settings: Settings, place: Place) -> dict[str, object]:
    return {
        "virtual_mailbox_domains": " ".join(settings.domains),
        "virtual_mailbox_base": place.mailboxes,
        "virtual_mailbox_maps": "static:letters/",
        "virtual_uid_maps": f"static:{MAILBOX_UID}",
        "virtual_gid_maps": f"static:{MAILBOX_UID}",
    }


def _taking(settings: Settings, place: Place) -> dict[str, object]:
    return {
        "smtpd_tls_security_level": settings.tls,
        "smtpd_tls_chain_files": place.pem("server") if settings.pem else "",
        "smtpd_tls_CAfile": place.pem("trusted") if settings.ca_pem else "",
        "smtpd_tls_mandatory_protocols": settings.protocols,
        "smtpd_tls_protocols": settings.protocols,
        "smtpd_tls_ask_ccert": "yes" if settings.asks_certificate else "no",
        "smtpd_tls_received_header": "yes",
        "smtpd_tls_loglevel": 1,
    }


def _sending(settings: Settings, place: Place) -> dict[str, object]:
    names = " ".join(settings.relay_names)
    return {
        "relayhost": f"[{settings.relay[0]}]:{settings.relay[1]}" if settings.relay else "",
        # Without a relay there is no way out: nothing is ever looked up.
        "default_transport": "smtp" if settings.relay else "error:5.4.4 no way out of this Postfix",
        "smtp_bind_address": settings.source,
        "smtp_tls_security_level": settings.relay_tls,
        "smtp_tls_verify_cert_match": names or "hostname",
        "smtp_tls_secure_cert_match": names or "nexthop",
        "smtp_tls_CAfile": place.pem("trusted") if settings.ca_pem else "",
        "smtp_tls_chain_files": place.pem("client") if settings.client_pem else "",
        "smtp_tls_mandatory_protocols": settings.relay_protocols,
        "smtp_tls_protocols": settings.relay_protocols,
        "smtp_tls_loglevel": 1,
    }


#: Services, as Postfix's own master.cf has them; nothing runs in a chroot, which would have to be furnished.
_SERVICES = """\
pickup     unix       n - n 60    1 pickup
cleanup    unix       n - n -     0 cleanup
qmgr       unix       n - n 300   1 qmgr
tlsmgr     unix       - - n 1000? 1 tlsmgr
rewrite    unix       - - n -     - trivial-rewrite
bounce     unix       - - n -     0 bounce
defer      unix       - - n -     0 bounce
trace      unix       - - n -     0 bounce
verify     unix       - - n -     1 verify
flush      unix       n - n 1000? 0 flush
proxymap   unix       - - n -     - proxymap
smtp       unix       - - n -     - smtp
showq      unix       n - n -     - showq
error      unix       - - n -     - error
retry      unix       - - n -     - error
virtual    unix       - n n -     - virtual
anvil      unix       - - n -     1 anvil
scache     unix       - - n -     1 scache
postlog    unix-dgram n - n -     1 postlogd
"""


def master_cf(settings: Settings, place: Place) -> str:
    """The file master.cf: a server for everybody, and one that takes this machine's mail to anywhere."""
    submission = f"127.0.0.1:{place.submission_port}"
    return (
        f"{settings.address}:{place.port} inet n - n - - smtpd\n"
        f"{submission} inet n - n - - smtpd\n"
        "  -o syslog_name=postfix/submission\n"
        "  -o smtpd_tls_security_level=none\n"
        "  -o mynetworks=127.0.0.1/32\n"
        "  -o smtpd_relay_restrictions=permit_mynetworks,reject\n"
    ) + _SERVICES

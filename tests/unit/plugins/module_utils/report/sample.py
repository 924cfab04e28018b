# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run hands to the report: sixteen partners, each with a story of its own, or as many as are asked for."""

from __future__ import annotations

import datetime as dt
import hashlib
import typing as t

Values = dict[str, t.Any]

NOW = dt.datetime(2026, 11, 26, 1, 30, tzinfo=dt.timezone.utc)
TENANT = "7a1f4c52-9d0e-4b3a-8c61-0f2e5d7b9a13"


def at(days: float) -> str:
    """A time some days from now, as the plan and the probe write it."""
    return (NOW + dt.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- the probe


def certificate(subject: str, issuer: str, days: int, names: t.Sequence[str] = ()) -> Values:
    digest = hashlib.sha256(f"{subject}{issuer}".encode()).hexdigest()
    return {
        "subject": f"CN={subject}",
        "issuer": issuer,
        "serial_number": digest[:32],
        "names": list(names),
        "common_name": subject,
        "not_before": at(days - 90),
        "not_after": at(days),
        "days_left": days,
        "key": "RSA 2048",
        "signature": "sha256WithRSAEncryption",
        "sha256": digest,
        "spki_sha256": digest[::-1],
        "crl_urls": [],
        "ocsp_urls": [],
    }


def chain(host: str, days: int) -> list[Values]:
    return [
        certificate(host, "CN=R11,O=Trusted Authority,C=US", days, [host]),
        certificate("R11", "CN=Root X1,O=Trusted Authority,C=US", 830),
        certificate("Root X1", "CN=Root X0,O=Trusted Authority,C=US", 3100),
    ]


def server(
    host: str, address: str, *, days: int = 60, sustains: str | None = "domain_validation", **over: t.Any
) -> Values:
    return {
        "host": host,
        "via": "mx",
        "preference": 10,
        "address": address,
        "canonical_name": "",
        "dnssec": False,
        "sustains": sustains,
        "failed_at": None,
        "failure": None,
        "failure_detail": None,
        "milliseconds": {"connect": 31.2, "banner": 33.0, "handshake": 61.4},
        "banner": {"code": 220, "text": f"{host} ESMTP"},
        "extensions": ["PIPELINING", "SIZE 36700160", "STARTTLS", "8BITMIME"],
        "starttls": {"code": 220, "text": "2.0.0 Ready to start TLS"},
        "extensions_after_tls": ["PIPELINING", "8BITMIME"],
        "protocol": "TLSv1.2",
        "cipher": "ECDHE-RSA-AES256-GCM-SHA384",
        "offers_tls13": True,
        "client_certificate_asked": False,
        "chain": chain(host, days),
        "trust": {"trusted": True, "reason": "trusted", "code": 0, "text": "ok", "missing_issuer": ""},
        "revocation": "good",
        "dane": {"status": "none", "records": [], "detail": ""},
        **over,
    }


def silent(host: str, address: str) -> Values:
    """A server that could not be connected to."""
    nothing = dict.fromkeys(["banner", "starttls", "protocol", "cipher", "offers_tls13", "trust"])
    return server(
        host,
        address,
        sustains=None,
        failed_at="connect",
        failure="timeout",
        failure_detail="no answer within 10 s",
        chain=[],
        extensions=[],
        extensions_after_tls=[],
        revocation="not_checked",
        **nothing,
    )


def finding(code: str, subject: str, message: str, advice: str, severity: str = "error") -> Values:
    return {"code": code, "severity": severity, "subject": subject, "message": message, "advice": advice}


def look(domain: str, level: str, hosts: list[Values], **over: t.Any) -> Values:
    return {
        "domain": domain,
        "level": level,
        "certificate_name": over.pop("certificate_name", ""),
        "verdict": "ready",
        "sustains": "domain_validation",
        "delivery": "ok",
        "names": [f"mx1.{domain}", f"*.{domain}"],
        "hosts": hosts,
        "dane": {"status": "none", "dnssec": False, "proven": True},
        "mta_sts": [
            {
                "domain": domain,
                "status": "found",
                "mode": "enforce",
                "policy_id": "20260901",
                "mx": [f"*.{domain}"],
                "max_age": 604800,
                "detail": "",
            }
        ],
        "tls_rpt": {"status": "found", "rua": [f"mailto:tls@{domain}"]},
        "findings": [],
        "seen_at": at(-0.12),
        "vantage": "probe.example.net",
        **over,
    }


def incomplete(host: str) -> Values:
    return finding(
        "incomplete_chain",
        host,
        f"{host} does not send the certificate of its issuer 'CN=R11,O=Trusted Authority,C=US', and Exchange Online"
        " does not fetch it.",
        f"Please have {host} send the intermediate certificate together with its own.",
    )


def expired(host: str) -> Values:
    return finding(
        "certificate_expired",
        host,
        f"The certificate of {host} expired on 2026-11-23.",
        f"Please renew the certificate of {host}.",
    )


# --- plan, inventory and result, partner by partner


def names(name: str) -> list[str]:
    return [f"Forced TLS to {name}", f"Forced TLS from {name}"]


def entry(name: str, domains: list[str], **over: t.Any) -> Values:
    """One partner of the plan."""
    return {
        "name": name,
        "state": "enforced",
        "stands": "enabled",
        "in_force": True,
        "domains": domains,
        "level": "certificate_validation",
        "certificate_name": "",
        "smart_hosts": [],
        "inbound": {"certificate_name": "", "ip_addresses": []},
        "enforce_from": None,
        "until": None,
        "reason": "",
        "contact": f"postmaster@{domains[0]}",
        "reference": "",
        "description": "",
        "connectors": names(name),
        "held": None,
        "alerts": [],
        "notices": [],
        "exceptions": [],
        "validate": True,
        "evidence": None,
        "lines": [],
        **over,
    }


def held(name: str, reason: str, message: str, until: str | None = None) -> Values:
    return {"name": name, "reason": reason, "until": until, "message": message}


def alert(name: str, code: str, message: str, since: str | None = None) -> Values:
    return {"name": name, "alert": code, "since": since, "message": message}


def evidence(item: Values, **over: t.Any) -> Values:
    return {
        "verdict": item["verdict"],
        "seen_at": item["seen_at"],
        "vantage": item["vantage"],
        "delivery": item["delivery"],
        "sustains": item["sustains"],
        "names": item["names"],
        "obstacles": [found for found in item["findings"] if found["severity"] == "error"],
        "waived": [],
        **over,
    }


def standing(partner: Values, *, enabled: bool = True, level: str | None = None) -> tuple[list[Values], list[Values]]:
    """Both connectors of a partner as connector_info returns them."""
    to, of = names(partner["name"])
    outbound = {
        "name": to,
        "direction": "outbound",
        "state": "present",
        "enabled": enabled,
        "comment": f"Forced TLS with {partner['name']}.",
        "connector_type": "partner",
        "recipient_domains": partner["domains"],
        "use_mx_record": not partner["smart_hosts"],
        "smart_hosts": partner["smart_hosts"],
        "tls_settings": level or partner["level"],
        "tls_domain": partner["certificate_name"],
        "smtp_dane_mode": "opportunistic",
        "mta_sts_mode": "opportunistic",
        "transport_rule_scoped": False,
        "test_mode": False,
        "validation_recipients": [partner["contact"]],
    }
    inbound = {
        "name": of,
        "direction": "inbound",
        "state": "present",
        "enabled": enabled,
        "comment": f"Forced TLS with {partner['name']}.",
        "connector_type": "partner",
        "sender_domains": partner["domains"],
        "sender_ip_addresses": partner["inbound"]["ip_addresses"],
        "require_tls": True,
        "tls_sender_certificate_name": partner["inbound"]["certificate_name"],
        "restrict_domains_to_certificate": bool(partner["inbound"]["certificate_name"]),
        "restrict_domains_to_ip_addresses": bool(partner["inbound"]["ip_addresses"]),
        "associated_accepted_domains": [],
        "trusted_organizations": [],
        "ef_skip_last_ip": False,
        "ef_skip_ips": [],
        "ef_users": [],
    }
    common = {"owner": "forced_tls", "connector_source": "Default", "when_created": "2026-07-23T22:55:04.0000000Z"}
    validated = {"is_validated": True, "last_validation_timestamp": "2026-11-02T07:12:31.0000000"}
    details = [
        {"name": to, "direction": "outbound", "guid": _guid(to), **common, **validated},
        {"name": of, "direction": "inbound", "guid": _guid(of), **common},
    ]
    for detail in details:
        detail["when_changed"] = "2026-11-02T07:12:40.0000000Z"
    return [outbound, inbound], details


def _guid(name: str) -> str:
    text = hashlib.sha256(name.encode()).hexdigest()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"


def change(partner: str, direction: str, action: str, **over: t.Any) -> Values:
    to, of = names(partner)
    return {
        "name": to if direction == "outbound" else of,
        "direction": direction,
        "partners": [partner],
        "action": action,
        "changes": [],
        "weakens": [],
        "blocked": None,
        "before": {},
        "after": {},
        **over,
    }


def outcome(of: Values, status: str, error: str | None = None) -> Values:
    return {
        "name": of["name"],
        "direction": of["direction"],
        "action": of["action"],
        "changes": of["changes"],
        "weakens": bool(of["weakens"]),
        "status": status,
        "error": error and {"kind": "rejected", "message": error, "http_status": 400, "code": None, "request_id": None},
    }


def difference(of: Values) -> Values:
    """Before and after, as the module returns it."""
    label = f"{of['direction']} connector '{of['name']}'"
    return {"before_header": label, "after_header": label, "before": of["before"], "after": of["after"]}


def failed_validation(name: str) -> Values:
    return {
        "connector": name,
        "status": "failed",
        "success": False,
        "reason": "never validated",
        "steps": [
            {"name": "Check connectivity", "success": True, "detail": "mx1.lucernepublishing.com[203.0.113.41]:25"},
            {"name": "Send test email", "success": False, "detail": "450 4.4.317 Cannot connect to remote server"},
        ],
        "recipients": ["postmaster@lucernepublishing.com"],
        "recorded": False,
        "tries": 2,
        "seconds": 41.7,
        "error": {
            "kind": "not_validated",
            "message": f"The outbound connector '{name}' was not validated: Send test email: 450 4.4.317 Cannot connect"
            " to remote server; the partner's server offers no STARTTLS: the partner must switch TLS on.",
        },
    }


class Story(t.NamedTuple):
    partner: Values
    looks: list[Values]
    connectors: bool | None = True  # enabled, disabled, none
    level: str | None = None
    changes: t.Sequence[tuple[Values, str, str | None]] = ()
    validations: t.Sequence[Values] = ()
    conflicts: t.Sequence[Values] = ()


def _seen(partner: Values, **over: t.Any) -> list[Values]:
    domain = partner["domains"][0]
    hosts = over.pop("hosts", None) or [
        server(f"mx1.{domain}", "203.0.113.25", days=over.pop("days", 64)),
        server(f"mx2.{domain}", "203.0.113.26", days=71, preference=20),
    ]
    return [look(domain, partner["level"], hosts, certificate_name=partner["certificate_name"], **over)]


def _contoso() -> Story:
    partner = entry(
        "Contoso",
        ["contoso.com", "*.contoso.com"],
        level="domain_validation",
        certificate_name="mail.contoso.com",
        inbound={"certificate_name": "*.contoso.com", "ip_addresses": ["192.0.2.0/24"]},
        reference="CHG0042",
    )
    ending = finding(
        "certificate_expires_soon",
        "mx1.contoso.com",
        "The certificate of mx1.contoso.com ends on 2026-12-18, in 22 days.",
        "Please renew the certificate of mx1.contoso.com before 2026-12-18.",
        "warning",
    )
    return Story(partner, _seen(partner, days=22, findings=[ending]))


def _fabrikam() -> Story:
    partner = entry("fabrikam.com", ["fabrikam.com"], level="encryption_only", in_force=False)
    made = [change("fabrikam.com", direction, "create") for direction in ("outbound", "inbound")]
    for new, settings in zip(made, standing(partner)[0], strict=True):
        new["after"] = {**settings, "owner": "forced_tls"}
        new["changes"] = [option for option in settings if option not in ("name", "direction", "state")]
    passed = {**failed_validation("Forced TLS to fabrikam.com"), "status": "passed", "success": True, "recorded": True}
    passed = {**passed, "error": None, "recipients": ["postmaster@fabrikam.com"], "steps": [], "tries": 1}
    return Story(partner, _seen(partner), None, None, [(new, "applied", None) for new in made], [passed])


def _northwind() -> Story:
    day = "2026-12-01T08:00:00Z"
    partner = entry(
        "Northwind Traders",
        ["northwindtraders.com"],
        stands="disabled",
        in_force=False,
        enforce_from=day,
        held=held(
            "Northwind Traders", "enforce_from", "Northwind Traders is enforced from 2026-12-01 08:00 UTC on.", day
        ),
    )
    return Story(partner, _seen(partner), False)


def _adatum() -> Story:
    message = "Adatum: mx1.adatum.com does not send the certificate of its issuer; have the partner complete the chain."
    partner = entry(
        "Adatum",
        ["adatum.com"],
        stands="disabled",
        in_force=False,
        held=held("Adatum", "probe", message),
    )
    broken = server("mx1.adatum.com", "203.0.113.30", days=140, sustains="encryption_only")
    broken["chain"] = broken["chain"][:1]
    broken["trust"] = {
        "trusted": False,
        "reason": "incomplete_chain",
        "code": 20,
        "text": "unable to get local issuer certificate",
        "missing_issuer": "CN=R11,O=Trusted Authority,C=US",
    }
    over = {"verdict": "not_ready", "sustains": "encryption_only", "findings": [incomplete("mx1.adatum.com")]}
    return Story(partner, _seen(partner, hosts=[broken], **over), False)


def _tailspin() -> Story:
    message = (
        "Tailspin Toys: the certificate of mx1.tailspintoys.com expired on 2026-11-23, and TLS is forced: mail waits"
        " and is returned after a day; have the partner renew it, or suspend the partner."
    )
    partner = entry(
        "Tailspin Toys", ["tailspintoys.com"], alerts=[alert("Tailspin Toys", "probe_failing", message, at(-2.6))]
    )
    old = server("mx1.tailspintoys.com", "203.0.113.33", days=-3, sustains="encryption_only")
    old["trust"] = {
        **old["trust"],
        "trusted": False,
        "reason": "expired",
        "code": 10,
        "text": "certificate has expired",
    }
    over = {"verdict": "not_ready", "sustains": "encryption_only", "findings": [expired("mx1.tailspintoys.com")]}
    return Story(partner, _seen(partner, hosts=[old], **over))


def _wingtip() -> Story:
    message = (
        "Wingtip Toys: the suspension ended on 2026-11-20 00:00 UTC, and nothing is enforced by that alone; set state"
        " to enforced, or until to a new date (reason: INC0815, new mail gateway)."
    )
    partner = entry(
        "Wingtip Toys",
        ["wingtiptoys.com"],
        state="suspended",
        stands="disabled",
        in_force=False,
        until="2026-11-20T00:00:00Z",
        reason="INC0815, new mail gateway",
        alerts=[alert("Wingtip Toys", "suspension_over", message, "2026-11-20T00:00:00Z")],
    )
    return Story(partner, _seen(partner), False)


def _litware() -> Story:
    partner = entry(
        "Litware",
        ["litware.com", "litware.net"],
        state="suspended",
        stands="disabled",
        until="2026-12-24T00:00:00Z",
        reason="INC0931, partner moves its data centre",
    )
    off = [
        change("Litware", direction, "update", changes=["enabled"], before={"enabled": True}, after={"enabled": False})
        for direction in ("outbound", "inbound")
    ]
    for each in off:
        each["weakens"] = ["it is disabled"]
    seen = _seen(partner, hosts=[silent("mx1.litware.com", "198.51.100.7")])
    seen[0].update(verdict="unreachable", sustains=None, delivery="unknown", names=[])
    seen[0]["findings"] = [
        finding(
            "connect_timeout",
            "mx1.litware.com",
            "mx1.litware.com does not answer on port 25 from here.",
            "Please let us know whether mx1.litware.com is meant to take mail.",
            "warning",
        )
    ]
    return Story(partner, seen, True, None, [(each, "applied", None) for each in off])


def _proseware() -> Story:
    message = (
        "Proseware: enforce_from was 2026-11-15 08:00 UTC, and nothing is enforced because state is prepared; set"
        " state to enforced, or agree on a new date."
    )
    partner = entry(
        "Proseware",
        ["proseware.com"],
        state="prepared",
        stands="disabled",
        in_force=False,
        enforce_from="2026-11-15T08:00:00Z",
        alerts=[alert("Proseware", "date_passed", message, "2026-11-15T08:00:00Z")],
    )
    return Story(partner, _seen(partner), False)


def _fourth_coffee() -> Story:
    partner = entry(
        "Fourth Coffee",
        ["fourthcoffee.com"],
        state="planned",
        stands="untouched",
        in_force=False,
        connectors=[],
        enforce_from="2027-01-18T08:00:00Z",
    )
    return Story(partner, _seen(partner), None)


def _woodgrove() -> Story:
    partner = entry(
        "Woodgrove Bank",
        ["woodgrovebank.com", "woodgrove.example"],
        level="domain_validation",
        certificate_name="gateway.woodgrovebank.com",
        smart_hosts=["gateway.woodgrovebank.com"],
        exceptions=[
            {
                "finding": "revocation_unknown",
                "owner": "alice@example.com",
                "until": "2026-12-31T00:00:00Z",
                "reason": "CHG0050",
                "active": True,
            }
        ],
        reference="CHG0044",
        description="Payments; agreed with their security desk.",
    )
    hosts = [server("gateway.woodgrovebank.com", "198.51.100.20", days=48, via="smart_host", revocation="unknown")]
    unknown = finding(
        "revocation_unknown",
        "gateway.woodgrovebank.com",
        "The revocation list of the authority of gateway.woodgrovebank.com could not be fetched.",
        "Please check that the CRL named in your certificate can be fetched from the internet.",
        "warning",
    )
    return Story(partner, _seen(partner, hosts=hosts, findings=[unknown]))


def _trey() -> Story:
    partner = entry(
        "Trey Research", ["treyresearch.net"], state="absent", stands="absent", in_force=False, connectors=[]
    )
    return Story(partner, [], None)


def _lucerne() -> Story:
    name = "Lucerne Publishing"
    message = (
        "Lucerne Publishing: Exchange's validation failed at 'Send test email'; look at the partner's findings, and run"
        " again."
    )
    partner = entry(
        name,
        ["lucernepublishing.com"],
        stands="disabled",
        in_force=False,
        held=held(name, "validation", message),
        alerts=[],
    )
    made = change(name, "outbound", "update", changes=["tls_settings"], before={"tls_settings": "encryption_only"})
    made["after"] = {"tls_settings": "certificate_validation"}
    return Story(
        partner,
        _seen(partner),
        False,
        "encryption_only",
        [(made, "applied", None)],
        [failed_validation(f"Forced TLS to {name}")],
    )


def _institute() -> Story:
    name = "Graphic Design Institute"
    message = (
        "Graphic Design Institute: the outbound connector 'GDI TLS', which is not ours, already takes"
        " graphicdesigninstitute.com; take it over with outbound.adopt: GDI TLS, or remove it."
    )
    partner = entry(
        name,
        ["graphicdesigninstitute.com"],
        stands="disabled",
        in_force=False,
        held=held(name, "conflict", message),
    )
    conflict = {
        "kind": "same_domain",
        "severity": "hold",
        "partner": name,
        "domain": "graphicdesigninstitute.com",
        "direction": "outbound",
        "connector": "GDI TLS",
        "message": message,
    }
    return Story(partner, _seen(partner), False, conflicts=[conflict])


def _messenger() -> Story:
    name = "Consolidated Messenger"
    partner = entry(
        name,
        ["consolidatedmessenger.com"],
        level="encryption_only",
        notices=["*.consolidatedmessenger.com is looked at through consolidatedmessenger.com."],
    )
    lower = change(
        name,
        "outbound",
        "update",
        changes=["tls_settings"],
        weakens=["tls_settings from domain_validation to encryption_only"],
        blocked="The outbound connector 'Forced TLS to Consolidated Messenger' was left as it is: the change would"
        " weaken it (tls_settings from domain_validation to encryption_only); name it in forced_tls_allow_weaken.",
        before={"tls_settings": "domain_validation"},
        after={"tls_settings": "encryption_only"},
    )
    return Story(partner, _seen(partner), True, "domain_validation", [(lower, "skipped", lower["blocked"])])


def _coho() -> Story:
    partner = entry(
        "Coho Vineyard",
        ["cohovineyard.com"],
        stands="disabled",
        in_force=False,
        held=held(
            "Coho Vineyard", "wave", "Coho Vineyard waits for its wave; run again to enforce the next 5 partners."
        ),
    )
    return Story(partner, _seen(partner), False)


def _humongous() -> Story:
    partner = entry(
        "Humongous Insurance",
        [
            "humongousinsurance.com",
            "humongous.de",
            "xn--hmongous-m4a.example",
            *(f"mail{n}.humongous.de" for n in range(9)),
        ],
        level="encryption_only",
        validate=False,
    )
    odd = server("mx1.humongousinsurance.com", "203.0.113.61", days=9)
    odd["banner"] = {
        "code": 220,
        "text": '<script>alert(1)</script> "><img src=x onerror=alert(2)> \u202egnp.exe \x00ESMTP',
    }
    return Story(partner, _seen(partner, hosts=[odd]))


STORIES: tuple[t.Callable[[], Story], ...] = (
    _contoso,
    _fabrikam,
    _northwind,
    _adatum,
    _tailspin,
    _wingtip,
    _litware,
    _proseware,
    _fourth_coffee,
    _woodgrove,
    _trey,
    _lucerne,
    _institute,
    _messenger,
    _coho,
    _humongous,
)


def _ordinary(number: int) -> Story:
    """One of many: two servers with three certificates each, now and then with something to say."""
    domain = f"partner{number:04d}.example"
    partner = entry(f"Partner {number:04d}", [domain, f"*.{domain}"], reference=f"CHG{number:05d}")
    findings = [incomplete(f"mx1.{domain}")] if number % 5 == 0 else []
    hosts = [
        server(f"mx{each}.{domain}", f"203.0.113.{each}", days=20 + (number * 7 + each) % 300, preference=10 * each)
        for each in (1, 2)
    ]
    return Story(partner, _seen(partner, hosts=hosts, findings=findings))


def sample() -> Values:
    """The input of the filter for the sixteen partners."""
    return assembled([story() for story in STORIES])


def many(count: int) -> Values:
    """The input of the filter for as many partners."""
    return assembled([_ordinary(number) for number in range(count)])


def assembled(stories: t.Sequence[Story]) -> Values:
    connectors: list[Values] = []
    details: list[Values] = []
    for story in stories:
        if story.looks:
            story.partner["evidence"] = evidence(story.looks[0])
        if story.connectors is not None:
            found, about = standing(story.partner, enabled=story.connectors, level=story.level)
            connectors += found
            details += about
    changes = [each for story in stories for each in story.changes]
    outcomes = [outcome(each, status, error) for each, status, error in changes]
    return {
        "run": _run(),
        "plan": _plan(stories, [each for each, _status, _error in changes]),
        "inventory": {"tenant_id": TENANT, "connectors": connectors, "details": details},
        "probes": {story.partner["name"].casefold(): story.looks for story in stories if story.looks},
        "results": [
            {
                "connectors": outcomes,
                "diff": [difference(each) for each, _s, _e in changes if not each["blocked"]],
                "requests": 9,
            }
        ],
        "validations": [each for story in stories for each in story.validations],
    }


def _run() -> Values:
    return {
        "run_id": "20261126T013012Z-4f2a9c",
        "started_at": "2026-11-26T01:30:12Z",
        "finished_at": "2026-11-26T01:31:40Z",
        "tenant_id": TENANT,
        "host": "tenant-a",
        "check_mode": False,
        "version": "0.1.0",
    }


def _plan(stories: t.Sequence[Story], changes: list[Values]) -> Values:
    partners = [story.partner for story in stories]
    enforced = [each for each in partners if each["state"] == "enforced"]
    states = {state: sum(each["state"] == state for each in partners) for state in ("prepared", "planned", "suspended")}
    return {
        "format": 1,
        "plan_id": "3f2b8c6d0a914e57b1f0c2d3e4a5b6c7",
        "run_id": "20261126T013012Z-4f2a9c",
        "made_at": "2026-11-26T01:30:00Z",
        "tenant_id": TENANT,
        "owner": "forced_tls",
        "name_prefix": "Forced TLS",
        "partners": partners,
        "connectors": [],
        "changes": changes,
        "conflicts": [each for story in stories for each in story.conflicts],
        "validate": [],
        "waves": [],
        "summary": {
            "partners": len(partners),
            "enforced": sum(not each["held"] for each in enforced),
            "held": sum(bool(each["held"]) for each in partners),
            **states,
            "absent": sum(each["state"] == "absent" for each in partners),
            "create": sum(each["action"] == "create" for each in changes),
            "update": sum(each["action"] == "update" for each in changes),
            "delete": 0,
            "weakens": sum(bool(each["weakens"]) for each in changes),
            "refused": sum(bool(each["blocked"]) for each in changes),
        },
        "requests": {"read": 5, "write": 4, "look": 1, "validate": 2},
        "capacity": {},
    }

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each answer of the lab's admin API rests on, so that nobody takes a green test for proof."""

from __future__ import annotations

from ..evidence import ASSUMED, DOCUMENTED, RECORDED, Evidence

G2O = "graph2otel, live captures of July 2026"
AZAUTH = "azure-auth, live tests of September 2026"
CIPP = "CIPP-API, production code"
PAGES = "Microsoft's cmdlet pages"
GUESS = "no public source"

_HTTP = (
    Evidence("http.wrong-version", "405 for InvokeCommand under /adminapi/v1.0", RECORDED, AZAUTH),
    Evidence("http.no-route", "404 for a path the API does not have", ASSUMED, GUESS, "body unknown, sent empty"),
    Evidence("http.method", "405 for another verb than POST", ASSUMED, GUESS),
    Evidence("http.bad-body", "400 for a body that is no CmdletInput", ASSUMED, GUESS, "envelope as for other 400s"),
    Evidence("http.module-file", "200 for EXOModuleFile with the cmdlets of the caller", ASSUMED, CIPP, "body unknown"),
    Evidence("http.module-file-redirect", "302 from EXOModuleFile to a regional host", RECORDED, "ScubaGear's client"),
    Evidence("auth.no-bearer", "401 with a Basic challenge and no body", RECORDED, AZAUTH, "exact realm assumed"),
    Evidence("auth.bad-token", "401 with a Bearer challenge and no body", RECORDED, "captures of 2017 and " + AZAUTH),
    Evidence("auth.wrong-tenant", "401 for a token of another tenant", ASSUMED, GUESS, "diagnostics code is known"),
    Evidence("auth.no-app-role", "401 without Exchange.ManageAsApp", RECORDED, G2O),
    Evidence("rights.unknown-cmdlet", "403 of 4096 NUL bytes labelled gzip for an unknown cmdlet", RECORDED, AZAUTH),
    Evidence("rights.cmdlet", "the same 403 for a cmdlet in none of the caller's roles", RECORDED, G2O),
    Evidence(
        "rights.blocked",
        "the same for Get-BlockedConnector without Global Reader, Security Reader or another reading role",
        DOCUMENTED,
        "Microsoft's page on blocked connectors and the Restricted entities page",
        "that 'View-Only Configuration' holds it, and 'Remote and Accepted Domains' does not, is assumed",
    ),
    Evidence("rights.parameter", "403 for a parameter in none of the caller's roles", RECORDED, G2O, "body assumed"),
    Evidence("throttle.text", "429 in plain text", RECORDED, "ExoHelper's message; Retry-After from several clients"),
    Evidence("throttle.json", "429 in JSON", ASSUMED, "clients expect both forms", "text recorded, form assumed"),
)

_BINDING = (
    Evidence("bind.unknown-parameter", "400 AmbiguousParameterSetException", RECORDED, G2O),
    Evidence("bind.missing-mandatory", "400 for a missing mandatory parameter", ASSUMED, GUESS, "PowerShell's text"),
    Evidence("bind.bad-enum", "400 with the names that would do; unique beginnings match", RECORDED, G2O),
    Evidence("bind.bad-type", "400 ParameterTransformationException", ASSUMED, G2O, "type recorded, texts assumed"),
    Evidence(
        "bind.bad-item", "400 for a domain, host, range or address that is none", DOCUMENTED, PAGES, "texts assumed"
    ),
    Evidence("bind.null", "400 for null where a value is needed", ASSUMED, GUESS),
    Evidence("bind.untagged-hashtable", "400 for an object without the hashtable tag", RECORDED, CIPP, "text assumed"),
    Evidence("bind.hashtable-keys", "400 for keys other than Add and Remove", ASSUMED, GUESS),
    Evidence("bind.clear-form", "400 for a form of clearing that a switch rules out", ASSUMED, GUESS),
)

_CMDLETS = (
    Evidence("cmdlet.not-found", "404 ManagementObjectNotFoundException", RECORDED, AZAUTH),
    Evidence("cmdlet.already-exists", "400 ADObjectAlreadyExistsException", RECORDED, "another object", "text assumed"),
    Evidence("get.list", "all objects, with the members of a real dump", RECORDED, G2O + "; ScubaGear's report"),
    Evidence("get.by-identity", "the one object", DOCUMENTED, PAGES),
    Evidence("get.unknown-identity-all", "null or an unknown Identity returns every object", DOCUMENTED, PAGES),
    Evidence(
        "blocked.list",
        "the inbound connectors that the service has blocked, each with its Guid",
        DOCUMENTED,
        PAGES + " on Get-BlockedConnector and Remove-BlockedConnector",
        "the members' names and the times are assumed; an unknown ConnectorId gives an empty list: assumed",
    ),
    Evidence("new.object", "New emits the object", ASSUMED, "PowerShell custom"),
    Evidence("new.nothing", "New emits nothing", ASSUMED, GUESS),
    Evidence("set.nothing", "Set emits nothing", ASSUMED, "PowerShell custom"),
    Evidence("set.unchanged-warning", "a warning when nothing was changed", ASSUMED, "Exchange's usual text"),
    Evidence("set.unchanged-silent", "no word when nothing was changed", ASSUMED, GUESS),
    Evidence("remove.nothing", "Remove emits nothing and needs no Confirm", RECORDED, CIPP),
    Evidence("write.what-if", "WhatIf changes nothing and says what it would do", ASSUMED, "ports of the module"),
    Evidence(
        "validate.tasks",
        "a row for each smart host and one for the test mail, with TaskName and IsTaskSuccessful",
        DOCUMENTED,
        PAGES + "; a public script for the two members",
        "names of tasks and of the member with details are not known; the mail is tried once",
    ),
    Evidence("page.next", "the next page for a POST to its link", RECORDED, "CIPP, ExoHelper, azure-auth, monkey365"),
    Evidence("page.expired", "400 for a page link that is not taken", RECORDED, G2O, "text recorded, envelope assumed"),
    Evidence("tenant.dehydrated", "400 InvalidOperationInDehydratedContextException", RECORDED, "two public clients"),
)

_RULES = (
    Evidence("rule.name-length", "Name has at most 64 characters", DOCUMENTED, PAGES, "outbound only; text assumed"),
    Evidence("rule.OUT-1", "UseMXRecord false needs SmartHosts", DOCUMENTED, PAGES, "text assumed"),
    Evidence("rule.OUT-2", "three switches need OnPremises", RECORDED, "CIPP issue 3873", "one text recorded"),
    Evidence("rule.OUT-3", "DomainValidation needs TlsDomain", ASSUMED, GUESS),
    Evidence("rule.OUT-4", "TlsDomain needs DomainValidation", ASSUMED, GUESS),
    Evidence("rule.OUT-6", "an outbound connector needs a scope", ASSUMED, "the wizard"),
    Evidence("rule.OUT-8", "one connector per recipient domain", ASSUMED, "Microsoft advises so"),
    Evidence("rule.E5", "SmartHosts contradict UseMXRecord true", ASSUMED, GUESS),
    Evidence("rule.E15", "RecipientDomains is limited as SenderDomains is", ASSUMED, GUESS),
    Evidence("rule.IN-1", "SenderDomains cannot be empty", DOCUMENTED, PAGES, "for New; assumed for Set"),
    Evidence("rule.IN-2", "TreatMessagesAsInternal needs OnPremises", DOCUMENTED, PAGES, "text assumed"),
    Evidence("rule.IN-3", "an IP restriction needs addresses", ASSUMED, GUESS),
    Evidence("rule.IN-4", "a certificate restriction needs a name and TLS", ASSUMED, GUESS),
    Evidence("rule.IN-6", "SenderDomains has at most 2243 characters", RECORDED, "Microsoft KB 4014351"),
    Evidence("rule.IN-7", "a partner connector restricts something", ASSUMED, "the wizard"),
    Evidence("rule.IN-8", "IP or certificate restriction, not both", ASSUMED, "Microsoft advises so"),
    Evidence("rule.IN-10", "no inbound connectors in E5 developer tenants", DOCUMENTED, PAGES, "text assumed"),
    Evidence("store.trailing-dot", "400 for a domain with a trailing dot", ASSUMED, GUESS),
    Evidence("store.idn", "400 for a domain in U-form", ASSUMED, GUESS),
    Evidence("store.duplicates", "400 for an entry that stands twice in a list", ASSUMED, GUESS),
)

_BATCHES = (
    Evidence("batch.answer", "200 with one response per id", RECORDED, CIPP, "status and headers of items assumed"),
    Evidence("batch.multipart", "multipart/mixed without Accept: application/json", RECORDED, "older CIPP code"),
    Evidence("batch.not-served", "404 where $batch is not served", ASSUMED, GUESS),
    Evidence("batch.too-many", "400 for more requests than a batch may hold", ASSUMED, GUESS, "10 are in use"),
    Evidence("batch.item-bearer", "401 for an item without its own bearer", ASSUMED, GUESS, CIPP + " sends it"),
    Evidence("batch.item-url", "404 for an item that is no InvokeCommand of this tenant", ASSUMED, GUESS),
)

_FAULTS = (
    Evidence("fault.content", "content that a fault asked for", ASSUMED, "asked for by the caller of the lab"),
    Evidence("fault.item", "an item of a batch that a fault asked for", ASSUMED, "asked for by the caller of the lab"),
    Evidence("fault.transport", "a connection that a fault breaks", ASSUMED, "asked for by the caller of the lab"),
)

EVIDENCE: tuple[Evidence, ...] = (*_HTTP, *_BINDING, *_CMDLETS, *_RULES, *_BATCHES, *_FAULTS)
_IDS = frozenset(row.id for row in EVIDENCE)


def cite(row_id: str) -> str:
    """The id itself, checked: an answer cannot rest on a row that does not exist."""
    if row_id not in _IDS:
        raise KeyError(f"No evidence row named {row_id}")
    return row_id

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where public facts about the admin API conflict or are silent: one switch per question, both answers on offer."""

from __future__ import annotations

from ..switches import Switch

_PAGES = "Microsoft's cmdlet pages"
_G2O = "graph2otel, live captures of July 2026"
_BASES = {
    "require_tls_default": ("documented", _PAGES + "; older ones and Microsoft365DSC say false"),
    "smart_hosts_same_call": ("documented", "Microsoft's cmdlet page of 2018"),
    "name_scope": ("documented", _PAGES + ", for the outbound name"),
    "mail_security_modes": ("documented", _PAGES + " since February 2026"),
    "annotations": ("recorded", "public capture of May 2024"),
    "rate_limit_headers": ("recorded", "public capture of May 2024; " + _G2O + " have none"),
    "get_unknown_identity": ("recorded", "azure-auth, other cmdlets; the connector pages warn of the other reading"),
    "rule_scoped_filter": ("recorded", _G2O + "; the page says the other"),
    "include_test_mode": ("recorded", "Microsoft365DSC relies on it; the page says the other"),
    "result_size": ("recorded", _G2O + "; azure-auth says it is ignored"),
    "select": ("recorded", "CIPP, ExoHelper and ports of the official module, for other cmdlets"),
    "next_link": ("recorded", "CIPP, ExoHelper, azure-auth, monkey365; not in " + _G2O),
    "next_link_life": ("recorded", "text of the error that graph2otel got"),
    "clear_scalar": ("recorded", "null: CIPP, for another cmdlet"),
    "clear_list": ("recorded", "the empty hashtable: CIPP; an empty array is assumed"),
    "batch": ("recorded", "CIPP and ports of the official module"),
    "throttle_body": ("recorded", "ExoHelper's message"),
    "retry_after": ("recorded", "several public clients"),
    "module_file": ("recorded", "CIPP"),
}


def _choice(name: str, question: str, *values: str) -> Switch:
    """A switch between named readings; the first is the default."""
    return _based(Switch(name, values[0], values, question))


def _based(switch: Switch) -> Switch:
    """The switch with what its default rests on, where that is more than a guess."""
    basis, source = _BASES.get(switch.name, (switch.basis, switch.source))
    return switch._replace(basis=basis, source=source)


def _yes(name: str, question: str) -> Switch:
    return _choice(name, question, "no", "yes")


def _rule(name: str, question: str, *, enforced: bool = False) -> Switch:
    return _choice(name, question, *(("refused", "accepted") if enforced else ("accepted", "refused")))


_DEFAULTS = (
    _choice("connector_type_default", "ConnectorType when New is called without it", "Partner", "OnPremises"),
    _choice("require_tls_default", "RequireTls when New is called without it", "true", "false"),
)
_RULES = (
    _rule("domain_validation_without_tls_domain", "TlsSettings DomainValidation without TlsDomain", enforced=True),
    _rule("tls_domain_without_domain_validation", "TlsDomain with another TlsSettings"),
    _rule("outbound_without_scope", "An outbound connector that matches no mail at all"),
    _rule("duplicate_recipient_domain", "Two enabled connectors for one recipient domain"),
    _choice(
        "smart_hosts_with_mx",
        "SmartHosts sent while UseMXRecord stays true: stored, refused, or UseMXRecord becomes false",
        "stored",
        "refused",
        "turns_mx_off",
    ),
    _choice(
        "smart_hosts_same_call",
        "UseMXRecord false: must SmartHosts be in the same call, or do stored ones suffice",
        "required",
        "stored_suffice",
    ),
    _choice("smart_hosts_after_mx", "SmartHosts left over when UseMXRecord becomes true", "kept", "cleared"),
    _choice("tls_domain_on_level_change", "TlsDomain when TlsSettings leaves DomainValidation", "kept", "cleared"),
    _choice("recipient_domains_limit", "Length limit of RecipientDomains in characters", "none", "2243"),
    _rule("ip_restriction_without_addresses", "RestrictDomainsToIPAddresses without SenderIPAddresses"),
    _rule("certificate_restriction_without_name", "RestrictDomainsToCertificate without name or RequireTls"),
    _rule("partner_without_restriction", "An inbound partner connector that restricts nothing"),
    _rule("ip_and_certificate", "IP addresses and certificate restricted in one connector"),
    _choice("name_scope", "Within what a connector name is unique", "direction", "tenant"),
)
_STORAGE = (
    _choice("domain_case", "Case of domains as stored", "as_sent", "lower"),
    _choice("trailing_dot", "A domain with a trailing dot", "kept", "dropped", "refused"),
    _choice("idn", "A domain with letters beyond ASCII", "as_sent", "a_label", "refused"),
    _choice("list_duplicates", "The same entry twice in one list", "dropped", "kept", "refused"),
    _choice("cidr_form", "Host bits and /32 of an address range as stored", "as_sent", "network"),
    _choice("smart_host_ip", "An IP address among SmartHosts as read", "plain", "bracketed"),
    _choice(
        "clear_list",
        "Which JSON empties a list",
        "any",
        "empty_array",
        "null",
        "empty_hashtable",
    ),
    _choice("clear_scalar", "Which JSON clears a single value", "any", "null", "empty_string"),
    _choice("clear_other_forms", "What the other forms of clearing do", "refused", "ignored"),
    _yes("set_resets_is_validated", "Whether an ordinary Set puts IsValidated back to false"),
)
_ANSWERS = (
    _choice("new_returns", "What New emits", "object", "nothing"),
    _choice("set_without_change", "A Set that changes nothing", "warning", "silent"),
    _yes("noop_set_moves_when_changed", "Whether WhenChanged moves on a Set that changes nothing"),
    _choice("empty_result", "The value of a write that emits nothing", "array", "null", "absent", "no_content"),
    _choice(
        "sender_rewriting_on_partner", "SenderRewritingEnabled of a partner connector", "reads_true", "reads_false"
    ),
    _choice("mail_security_modes", "MtaStsMode and SmtpDaneMode; absent in a cloud without them", "present", "absent"),
    _choice("directory_object_version", "A member that appeared lately", "absent", "present"),
    _choice("annotations", "Type sidecars of the members", "present", "absent"),
    _choice("rate_limit_headers", "Rate-Limit headers of answers", "present", "absent"),
)
_READING = (
    _choice("select", "$select in the address of a Get", "trims", "ignored", "refused"),
    _choice(
        "get_unknown_identity", "Get with an Identity that does not exist: an error, or every object", "404", "all"
    ),
    _choice("filters_with_identity", "Outbound filters when an Identity is given too", "ignored", "applied"),
    _choice("rule_scoped_filter", "IsTransportRuleScoped as a filter when not sent", "when_sent", "hidden_by_default"),
    _choice("include_test_mode", "IncludeTestModeConnectors true: also those, or only those", "all", "only"),
    _choice(
        "rule_scoped_and_test",
        "A connector that is both shows when both filters pass it, or as soon as one parameter asks for its kind",
        "both_filters",
        "either_parameter",
    ),
    _choice(
        "result_size",
        "ResultSize: a cut with a link to the rest, no effect, or a cut with a warning only",
        "honoured",
        "ignored",
        "total",
    ),
    _choice("next_link", "Whether the link to the next page works", "usable", "expired", "needs_anchor"),
    _based(Switch("next_link_life", 1800.0, None, "Seconds for which a page link works")),
    _choice(
        "blocked_connector_id",
        "The member of Get-BlockedConnector's answer that holds the connector's Guid",
        "ConnectorId",
        "Identity",
    ),
    Switch("visibility_reads", 0, None, "Reads for which a write stays unseen"),
    Switch("visibility_seconds", 0.0, None, "Seconds for which a write stays unseen"),
    _choice("replicas", "One replica answers reads, or a fresh and a late one take turns", "one", "flip_flop"),
    _choice(
        "fresh_write_target",
        "Whether Set and Remove find an object that Get does not show yet",
        "found",
        "by_name",
        "404",
    ),
)
_TENANT = (
    _yes("developer_tenant", "An E5 developer subscription: no New-InboundConnector"),
    _yes("dehydrated_tenant", "A tenant in which writes need Enable-OrganizationCustomization first"),
    Switch("denied_parameters", "", None, "Parameters the caller's role lacks: Parameter or Cmdlet:Parameter, ..."),
    _choice("module_file", "GET EXOModuleFile: a list, or a redirect to a regional host", "answers", "redirects"),
)
_BATCH = (
    _choice("batch", "Whether $batch is served", "on", "404", "400"),
    Switch("batch_maximum", 10, None, "Commands that one $batch may hold; 0 is no limit"),
    _choice("batch_item_status", "Status and headers of each item in a $batch answer", "present", "absent"),
    _choice("batch_item_bearer", "Whether each item needs its own Authorization header", "not_needed", "needed"),
    _choice("batch_execution", "Items of a $batch one after the other, or all at once", "sequential", "parallel"),
    _choice("batch_without_accept", "Answer to a $batch without Accept: application/json", "json", "multipart"),
)
_LOAD = (
    Switch("concurrency_limit", 0, None, "Requests in flight per tenant before 429; 0 is no limit"),
    _choice("retry_after", "Retry-After of a 429", "seconds", "date", "absent"),
    Switch("retry_after_seconds", 1, None, "How long Retry-After asks to wait"),
    _choice("throttle_body", "Body of a 429", "text", "json"),
    Switch(
        "cmdlet_latency",
        "",
        None,
        "Seconds by cmdlet pattern: Get-*=1.5, Validate-OutboundConnector=41 (what a wizard took)",
    ),
)

SWITCHES: tuple[Switch, ...] = (
    *_DEFAULTS,
    *_RULES,
    *_STORAGE,
    *_ANSWERS,
    *_READING,
    *_TENANT,
    *_BATCH,
    *_LOAD,
)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""All questions, and those that are left to others, with the reason."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification import (
    questions_answers,
    questions_defaults,
    questions_read,
    questions_requests,
    questions_rules,
    questions_storage,
    questions_time,
    questions_validation,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import Question

QUESTIONS: tuple[Question, ...] = tuple(
    question
    for part in (
        questions_read,
        questions_requests,
        questions_defaults,
        questions_rules,
        questions_storage,
        questions_answers,
        questions_validation,
        questions_time,
    )
    for question in part.QUESTIONS
)


class NotAsked(t.NamedTuple):
    """``switches`` are the lab's switches that keep their defaults."""

    text: str
    source: str
    reason: str
    switches: tuple[str, ...] = ()


NOT_ASKED: tuple[NotAsked, ...] = (
    NotAsked(
        "Removing a connector that a mail flow rule names", "connectors.md 8.10", "It would take a mail flow rule."
    ),
    NotAsked(
        "How many connectors a tenant may have, and the longest comment",
        "exo-wire.md 10.5, connectors.md 8.11",
        "Finding a limit means writing until it is reached.",
    ),
    NotAsked(
        "Replies to mail in clear or with a wrong certificate",
        "connectors.md 8.12",
        "It would take mail, and a connector in force.",
        (
            "inbound_clear_reply",
            "inbound_refusal_stage",
            "inbound_first_check",
            "inbound_wildcard_apex",
            "inbound_sender_addresses",
            "inbound_several_restrictions",
            "inbound_certificate_san",
            "inbound_certificate_asterisk",
            "inbound_client_purpose",
            "inbound_untrusted_root",
        ),
    ),
    NotAsked(
        "How mail is routed and sent",
        "connectors.md 8",
        "It would take mail, and connectors in force.",
        (
            "routing_wildcard_apex",
            "routing_tie",
            "routing_test_mode",
            "retry_route",
            "routing_delay_seconds",
            "routing_delay_uses",
            "outbound_tls13",
            "outbound_ecdsa",
            "outbound_sni",
            "certificate_failure_code",
            "revocation_unknown",
            "tls_domain_depth",
            "tls_domain_apex",
            "dane_expired",
            "dnssec_failure_code",
            "dane_smart_hosts",
            "dane_and_mta_sts",
        ),
    ),
    NotAsked(
        "Two enabled connectors for one domain",
        "exo-wire.md 10.1",
        "No throw-away connector is ever enabled.",
        ("duplicate_recipient_domain",),
    ),
    NotAsked(
        "Quotas, and how many requests may be in flight",
        "exo-wire.md 10.6",
        "Provoking a 429 is abuse.",
        ("concurrency_limit", "retry_after_seconds"),
    ),
    NotAsked(
        "The largest batch, and in which order its items are run",
        "exo-wire.md 10.7",
        "Finding a limit means exceeding it, and order shows only under load.",
        ("batch_maximum", "batch_execution"),
    ),
    NotAsked("How long a page link works", "exo-wire.md 10.8", "It would take half an hour.", ("next_link_life",)),
    NotAsked(
        "The hosts of Exchange Online in China",
        "exo-wire.md 10.9",
        "Only a tenant there can tell: its run with cloud china succeeds or does not.",
    ),
    NotAsked(
        "For how many reads a write stays unseen",
        "exo-wire.md 10.4",
        "Reads and seconds look alike from outside.",
        ("visibility_reads",),
    ),
    NotAsked(
        "What the application may not do",
        "exo-wire.md 10",
        "That is set in the tenant, and no trait of the service.",
        ("denied_parameters",),
    ),
    NotAsked("EXOModuleFile", "exo-wire.md 1", "The collection never asks for it.", ("module_file",)),
    NotAsked(
        "Sign-in and its errors",
        "exo-wire.md 5",
        "Entra ID is no part of this; its errors would take wrong sign-ins.",
        (
            "token_lifetime",
            "token_clock_skew",
            "token_audience",
            "federated_errors",
            "no_credential_error",
            "unauthorized_client_status",
            "federated_error_status",
        ),
    ),
)

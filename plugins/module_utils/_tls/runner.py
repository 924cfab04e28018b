# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""One run of the probe: options in, a result out."""

from __future__ import annotations

import asyncio
import datetime
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError, InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._progress import Tell, tell_nobody
from ansible_collections.mailflow.exchange_online.plugins.module_utils._result import Result
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.libraries import require
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import Settings
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.options import read_options
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.present import present
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.probe import Probe
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.rules import judge
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.verify import Verifier


def run_partner_tls_info(
    options: t.Mapping[str, t.Any],
    *,
    check_mode: bool,
    on_secret: t.Callable[[str], None],
    on_progress: Tell = tell_nobody,
) -> Result:
    """Probe the partners. It writes nothing, so check mode is no different; it knows no secret."""
    targets, settings = read_options(options)
    require()
    now = datetime.datetime.now(datetime.timezone.utc)
    probe = _probe(settings, now)
    observations = asyncio.run(probe.run(targets))
    if probe.resolver.silent and not probe.resolver.answered and not any(one.route.hosts for one in observations):
        raise ExchangeError("network", _silence(settings, probe.resolver.names), retryable=True)
    partners = [
        present(observation, judge(observation, now, settings.expiry_warning_days), now) for observation in observations
    ]
    return Result(changed=False, data={"partners": partners, "connections": probe.connections})


def _probe(settings: Settings, now: datetime.datetime) -> Probe:
    verifier = _verifier(settings)
    try:
        return Probe(settings, verifier, now)
    except ValueError as problem:
        raise InputError([f"resolvers: is not given and {problem}; give the address of one."]) from None


def _verifier(settings: Settings) -> Verifier:
    try:
        return Verifier(settings.ca_path)
    except ValueError as problem:
        raise InputError([" ".join(filter(None, ("ca_path:", settings.ca_path, f"{problem}.")))]) from None


def _silence(settings: Settings, names: t.Sequence[str]) -> str:
    return (
        f"No DNS resolver answered any question ({', '.join(names)}); nothing can be said about any partner. Check that"
        " they can be reached from where this task runs, or name others in 'resolvers'."
    )

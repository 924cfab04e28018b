# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Argument specs as values that can be merged, and those that every Exchange module shares."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible.module_utils.basic import env_fallback

from ansible_collections.mailflow.exchange_online.plugins.module_utils._clouds import CLOUDS

Names = t.Sequence[str]
#: (option, value, options that are then needed) and, as a fourth, whether any one of these is enough.
Condition = tuple[t.Any, ...]


@dataclasses.dataclass(frozen=True)
class ArgumentSpec:
    """Options of a module and how they depend on each other, in the terms of AnsibleModule."""

    options: t.Mapping[str, t.Mapping[str, t.Any]] = dataclasses.field(default_factory=dict)
    mutually_exclusive: t.Sequence[Names] = ()
    required_together: t.Sequence[Names] = ()
    required_one_of: t.Sequence[Names] = ()
    required_if: t.Sequence[Condition] = ()
    required_by: t.Mapping[str, Names] = dataclasses.field(default_factory=dict)

    def merge(self, *others: ArgumentSpec) -> ArgumentSpec:
        """Return all specs as one. Raises ValueError when two of them define the same option."""
        merged = self
        for other in others:
            twice = sorted({*merged.options} & {*other.options} | {*merged.required_by} & {*other.required_by})
            if twice:
                raise ValueError(f"defined twice: {', '.join(twice)}")
            merged = ArgumentSpec(
                options={**merged.options, **other.options},
                mutually_exclusive=(*merged.mutually_exclusive, *other.mutually_exclusive),
                required_together=(*merged.required_together, *other.required_together),
                required_one_of=(*merged.required_one_of, *other.required_one_of),
                required_if=(*merged.required_if, *other.required_if),
                required_by={**merged.required_by, **other.required_by},
            )
        return merged

    def __or__(self, other: ArgumentSpec) -> ArgumentSpec:
        return self.merge(other)

    def kwargs(self) -> dict[str, t.Any]:
        """Return keyword arguments for AnsibleModule, as copies: Ansible changes them."""
        return {
            "argument_spec": {name: dict(option) for name, option in self.options.items()},
            "mutually_exclusive": [list(names) for names in self.mutually_exclusive],
            "required_together": [list(names) for names in self.required_together],
            "required_one_of": [list(names) for names in self.required_one_of],
            "required_if": [list(condition) for condition in self.required_if],
            "required_by": {name: list(names) for name, names in self.required_by.items()},
        }


AUTH_METHODS = ("auto", "client_secret", "certificate", "federated_token", "managed_identity", "access_token")

#: The environment variables of each option, in the order in which they are looked at. The second names are those of
#: the Azure SDKs and of AWX's credential type for Azure.
ENVIRONMENT: t.Mapping[str, tuple[str, ...]] = {
    "tenant_id": ("EXO_TENANT_ID", "AZURE_TENANT_ID", "AZURE_TENANT"),
    "client_id": ("EXO_CLIENT_ID", "AZURE_CLIENT_ID"),
    "client_secret": ("EXO_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "AZURE_SECRET"),
    "certificate_path": ("EXO_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PATH"),
    "certificate_passphrase": ("EXO_CERTIFICATE_PASSPHRASE", "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
    "federated_token_file": ("EXO_FEDERATED_TOKEN_FILE", "AZURE_FEDERATED_TOKEN_FILE"),
    "managed_identity_client_id": ("EXO_MANAGED_IDENTITY_CLIENT_ID",),
    "access_token": ("EXO_ACCESS_TOKEN",),
    "auth_method": ("EXO_AUTH_METHOD",),
    "cloud": ("EXO_CLOUD",),
    "api_url": ("EXO_API_URL",),
    "authority_url": ("EXO_AUTHORITY_URL",),
    "ca_path": ("EXO_CA_PATH",),
    "validate_certs": ("EXO_VALIDATE_CERTS",),
    "timeout": ("EXO_TIMEOUT",),
    "retries": ("EXO_RETRIES",),
    "concurrency": ("EXO_CONCURRENCY",),
    "batch_size": ("EXO_BATCH_SIZE",),
}

#: Smallest and largest value of the numbers.
LIMITS: t.Mapping[str, tuple[int, int]] = {
    "timeout": (1, 3600),
    "retries": (1, 20),
    "concurrency": (1, 20),
    "batch_size": (1, 10),
}


def _option(name: str, **details: t.Any) -> dict[str, t.Any]:
    return {"type": "str", **details, "fallback": (env_fallback, list(ENVIRONMENT[name]))}


def auth_spec() -> ArgumentSpec:
    """How to sign in. What belongs together is checked later, where the words can name the variables as well."""
    return ArgumentSpec(
        {
            "tenant_id": _option("tenant_id"),
            "client_id": _option("client_id"),
            "client_secret": _option("client_secret", no_log=True),
            "certificate_path": _option("certificate_path", type="path", no_log=False),
            "certificate_passphrase": _option("certificate_passphrase", no_log=True),
            "federated_token_file": _option("federated_token_file", type="path", no_log=False),
            "managed_identity_client_id": _option("managed_identity_client_id"),
            "access_token": _option("access_token", no_log=True),
            "auth_method": _option("auth_method", default="auto", choices=list(AUTH_METHODS)),
        }
    )


def connection_spec() -> ArgumentSpec:
    """Where the services are, and how hard to try."""
    return ArgumentSpec(
        {
            "cloud": _option("cloud", default="worldwide", choices=list(CLOUDS)),
            "api_url": _option("api_url"),
            "authority_url": _option("authority_url"),
            "ca_path": _option("ca_path", type="path"),
            "validate_certs": _option("validate_certs", type="bool", default=True),
            "timeout": _option("timeout", type="int", default=60),
            "retries": _option("retries", type="int", default=5),
            "concurrency": _option("concurrency", type="int", default=4),
            "batch_size": _option("batch_size", type="int", default=1),
        }
    )


def exchange_spec() -> ArgumentSpec:
    """The options of every module that talks to Exchange."""
    return auth_spec() | connection_spec()


def limit_problems(options: t.Mapping[str, t.Any]) -> list[str]:
    """Return a sentence for each number that is out of its range."""
    return [
        f"{name}: {options[name]} is out of range; give {least} to {most}."
        for name, (least, most) in LIMITS.items()
        if options.get(name) is not None and not least <= options[name] <= most
    ]

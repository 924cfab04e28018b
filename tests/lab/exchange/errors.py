# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a cmdlet says no: the failures and their JSON envelopes, in the forms public captures show."""

from __future__ import annotations

import hashlib
import typing as t

from .evidence import cite

SERVICE_EXCEPTION = "Microsoft.Exchange.Admin.OData.Core.ODataServiceException"
DIRECT_INVOKE = "Microsoft.Exchange.Management.PSDirectInvoke.DirectInvokeCmdletExecutionException"
TRANSFORMATION = "Microsoft.Exchange.AdminApi.CommandInvocation.ParameterTransformationException"
PARAMETER_SET = "Microsoft.Exchange.AdminApi.CommandInvocation.AmbiguousParameterSetException"
PARAMETER_BINDING = "System.Management.Automation.ParameterBindingException"
NOT_FOUND = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException"
ALREADY_EXISTS = "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException"
DATA_VALIDATION = "Microsoft.Exchange.Data.DataValidationException"
DEHYDRATED = "Microsoft.Exchange.Configuration.Tasks.InvalidOperationInDehydratedContextException"
ARGUMENT = "System.ArgumentException"

SERVER = "XX0PR00A000DC00"
FOREST = "EURPR00A000.PROD.OUTLOOK.COM"


class CmdletError(Exception):
    """A command refused: HTTP status, JSON body, and the evidence the answer rests on."""

    def __init__(self, status: int, body: dict[str, t.Any], evidence: str, summary: str) -> None:
        super().__init__(summary)
        self.status = status
        self.body = body
        self.evidence = evidence
        self.summary = summary


class Forbidden(Exception):
    """The cmdlet or one of its parameters is in none of the caller's roles (or does not exist at all)."""

    def __init__(self, evidence: str, summary: str) -> None:
        super().__init__(summary)
        self.evidence = evidence
        self.summary = summary


def _envelope(
    code: str, message: str, inner_type: str, inner_text: str, details: list[dict[str, str]] | None
) -> dict[str, t.Any]:
    error: dict[str, t.Any] = {"code": code, "message": message}
    if details is not None:
        error["details"] = details
    error["innererror"] = {
        "message": message,
        "type": SERVICE_EXCEPTION,
        "stacktrace": "",
        "internalexception": {"message": inner_text, "type": inner_type, "stacktrace": ""},
    }
    error["adminapi.warnings@odata.type"] = "#Collection(String)"
    error["@adminapi.warnings"] = []
    return {"error": error}


def execution(
    type_name: str,
    text: str,
    evidence: str,
    *,
    status: int = 400,
    code: str = "BadRequest",
    error_id: str | None = None,
) -> CmdletError:
    """The cmdlet ran and failed; its text hides in ``details[0].message`` as ``id|type|text``.

    ``error_id`` None makes one up from the text, as the service seems to; an empty string is a recorded form too.
    """
    if error_id is None:
        error_id = "Ex" + hashlib.sha256(f"{type_name}{text}".encode()).hexdigest()[:6].upper()
    details = [{"code": "Context", "target": "", "message": f"{error_id}|{type_name}|{text}"}]
    inner = f"Exception of type '{DIRECT_INVOKE}' was thrown."
    return CmdletError(status, _envelope(code, "Error executing cmdlet", DIRECT_INVOKE, inner, details), evidence, text)


def _binding(type_name: str, text: str, evidence: str, details: bool) -> CmdletError:
    rows = [{"code": "Client", "target": "", "message": f"|{type_name}|{text}"}] if details else None
    return CmdletError(400, _envelope("BadRequest", "Invalid Operation", type_name, text, rows), evidence, text)


def unknown_parameters(names: t.Sequence[str]) -> CmdletError:
    """One or more parameter names that the cmdlet does not have."""
    text = (
        "Parameter set cannot be resolved using the specified named parameters. "
        f"Invalid cmdlet parameters specified. {', '.join(names)}"
    )
    return _binding(PARAMETER_SET, text, cite("bind.unknown-parameter"), details=True)


def missing_mandatory(names: t.Sequence[str]) -> CmdletError:
    """A parameter without which the cmdlet cannot run is not there (or is null)."""
    text = f"Cannot process command because of one or more missing mandatory parameters: {' '.join(names)}."
    return _binding(PARAMETER_BINDING, text, cite("bind.missing-mandatory"), details=True)


def not_convertible(name: str, shown: str, type_name: str, reason: str, evidence: str) -> CmdletError:
    """A value that does not fit the parameter's type; such errors carry no ``details``."""
    text = (
        f"Cannot process argument transformation on parameter '{name}'. "
        f'Cannot convert value "{shown}" to type "{type_name}". Error: "{reason}"'
    )
    return _binding(TRANSFORMATION, text, evidence, details=False)


def not_found(identity: str) -> CmdletError:
    """No object of that name or GUID."""
    text = f"The operation couldn't be performed because object '{identity}' couldn't be found on '{SERVER}.{FOREST}'."
    return execution(NOT_FOUND, text, cite("cmdlet.not-found"), status=404, code="NotFound", error_id="Ex6F9304")


def already_exists(distinguished_name: str) -> CmdletError:
    """The name is taken."""
    text = f"Active Directory operation failed on {SERVER}. The object '{distinguished_name}' already exists."
    return execution(ALREADY_EXISTS, text, cite("cmdlet.already-exists"))


def too_long(limit: int, length: int, evidence: str) -> CmdletError:
    """A text, or a list as the directory stores it, is longer than its attribute."""
    text = (
        f"The length of the property is too long. The maximum length is {limit} "
        f"and the length of the value provided is {length}."
    )
    return execution(DATA_VALIDATION, text, evidence)


def rule_broken(text: str, evidence: str) -> CmdletError:
    """Parameters that contradict each other; the empty id is the recorded form of this kind."""
    return execution(ARGUMENT, text, evidence, error_id="")


def bad_body(text: str) -> CmdletError:
    """The request is not a CmdletInput at all."""
    return _binding("Microsoft.OData.ODataException", text, cite("http.bad-body"), details=False)

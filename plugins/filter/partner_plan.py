# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter: a list of partners x what stands in the tenant -> the plan."""

from __future__ import annotations

DOCUMENTATION = r"""
name: partner_plan
author:
  - mailflow.exchange_online contributors (@mailflow)
version_added: 0.1.0
short_description: Plan what is to be done with a list of partners in a tenant
description:
  - Takes the partner list of the role P(mailflow.exchange_online.forced_tls#role) and what
    M(mailflow.exchange_online.connector_info) has read, and returns who is enforced, who is held back and why, what
    stands in the way, which connectors are to stand, and what changes by that.
  - It looks at its input alone and talks to nobody. The role asks it before a run, in the middle of it, when Exchange
    has validated the new connectors, and at its end.
  - The whole list is checked first. If anything is wrong, the filter fails with one sentence for each problem.
options:
  _input:
    description: The partners, as in P(mailflow.exchange_online.partner_connectors#filter).
    type: raw
    required: true
  inventory:
    description:
      - The result of M(mailflow.exchange_online.connector_info), called without options that choose connectors.
    type: dict
    required: true
  defaults:
    description: What holds for every partner that does not say otherwise.
    type: dict
  name_prefix:
    description: How the connectors' names begin.
    type: str
    default: Forced TLS
  now:
    description: The time at which dates are judged. Left out, it is the present.
    type: str
  allow_weaken:
    description: Names of partners whose connectors may be weakened, or V(all).
    type: raw
    default: []
  evidence:
    description: What the probe saw, by partner. Without it, nobody is enforced newly unless O(probe=false).
    type: dict
    default: {}
  owner:
    description: The mark of the connectors that are managed here.
    type: str
    default: forced_tls
  probe:
    description: Whether somebody who is enforced newly must have been seen to sustain it.
    type: bool
    default: true
  probe_unseen:
    description:
      - What becomes of those whom the probe could not see. V(hold) holds them back. V(validation) leaves it to
        Exchange's validation where the partner has recipients for it.
    type: str
    choices: [hold, validation]
    default: hold
  validate:
    description: Whether somebody with recipients for it is enforced only when Exchange has validated the connector.
    type: bool
    default: true
  validation_max_age:
    description: How old a recorded success may be.
    type: str
    default: 30d
  resume:
    description: Names of partners to be enforced again after their break glass.
    type: list
    elements: str
    default: []
  pack:
    description: Whether partners that agree in everything share connectors.
    type: bool
    default: false
  pack_size:
    description: The number of domains in a shared connector, at most.
    type: int
    default: 50
  wave_size:
    description: How many partners are enforced newly at a time. V(0) means all at once.
    type: int
    default: 0
  prune:
    description: Whether connectors with the owner's mark that belong to nobody on the list are to go.
    type: bool
    default: false
  prune_limit:
    description: How many connectors may go by O(prune) in one run.
    type: int
    default: 10
  allow_empty:
    description: Whether the list may be empty while connectors with the owner's mark stand.
    type: bool
    default: false
  run_id:
    description: A name for the run, kept in the plan.
    type: str
    default: ''
  stage:
    description:
      - V(plan) plans as if every validation will succeed. V(first) is what may be done before, V(last) what may be done
        after Exchange has validated.
    type: str
    choices: [plan, first, last]
    default: plan
  admitted:
    description: Names of the partners whose wave has come. Left out, all.
    type: list
    elements: str
  validations:
    description:
      - RV(mailflow.exchange_online.tls_validation#module:validations) of this run, the later ones of a connector last.
    type: list
    elements: dict
    default: []
  outcomes:
    description: RV(mailflow.exchange_online.connectors#module:connectors) of this run.
    type: list
    elements: dict
    default: []
  scoped:
    description:
      - Whether connectors that Exchange did not validate because they are disabled are enabled for mail flow rules
        only, so that no mail takes them and Exchange validates them.
    type: bool
    default: false
seealso:
  - plugin: mailflow.exchange_online.forced_tls
    plugin_type: role
"""

EXAMPLES = r"""
- name: Read what stands in the tenant
  mailflow.exchange_online.connector_info:
  register: inventory

- name: See who would be enforced, and who would not
  ansible.builtin.debug:
    msg: "{{ plan.partners | map(attribute='lines') | flatten }}"
  vars:
    plan: "{{ partners | mailflow.exchange_online.partner_plan(inventory, probe=false) }}"
"""

RETURN = r"""
_value:
  description:
    - The plan. V(partners) says of each what V(stands) after the run, whether it is V(in_force) now, by what it is
      V(held), its V(alerts) and V(notices); V(held) and V(alerts) are those of all. V(connectors) is the list for
      M(mailflow.exchange_online.connectors), V(changes) what differs from the tenant, V(refused) what of that is not
      going to be changed, V(conflicts) what else takes the partners' domains, V(validate) the connectors that Exchange
      is to validate, V(shared) whether a domain comes into force beside somebody else's connector that stands already,
      V(waves) the partners to be enforced newly, V(summary), V(requests) and V(capacity) the counts, V(lines) all that
      in sentences.
    - V(plan_id) is a digest of the changes and of what they start from.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import DEFAULT_PREFIX
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._standing import handed
from ansible_collections.mailflow.exchange_online.plugins.plugin_utils._untrusted import untrusted

if t.TYPE_CHECKING:
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gate import Stage


def partner_plan(
    partners: object,
    inventory: t.Mapping[str, t.Any],
    *,
    defaults: object = None,
    name_prefix: object = DEFAULT_PREFIX,
    now: object = None,
    allow_weaken: object = (),
    evidence: t.Mapping[str, t.Mapping[str, t.Any]] | None = None,
    run_id: str = "",
    stage: Stage = "plan",
    admitted: t.Sequence[str] | None = None,
    validations: t.Sequence[t.Mapping[str, t.Any]] = (),
    outcomes: t.Sequence[t.Mapping[str, t.Any]] = (),
    scoped: bool = False,
    **given: object,
) -> dict[str, t.Any]:
    """Return the plan. Raises AnsibleFilterError that lists everything wrong with the input."""
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import connectors_from
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import course as courses
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import read_list
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.planned import plan_of
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.planning import Planner
    from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.terms import is_everyone, read_terms

    seen = {str(name).casefold(): one for name, one in handed(evidence or {}).items() if one}
    candidates = {str(name): list(one.get("names") or ()) for name, one in seen.items()} if seen else None
    try:
        listed = read_list(partners, defaults, name_prefix, now, allow_weaken, candidates=candidates)
        terms = read_terms(given, listed, everyone=is_everyone(allow_weaken))
        found = handed(inventory)
        planner = Planner(listed, connectors_from(found), str(found.get("tenant_id") or ""), terms, seen)
        validated = handed(validations)
        course = courses.course_of(listed, stage, admitted, validated, handed(outcomes))
        refused = courses.refused_disabled(listed, validated) if scoped else frozenset()
        # What partners' servers and colleagues have written is never taken for a template.
        plan = plan_of(planner, planner.stage(course, refused), course, run_id)
        return t.cast("dict[str, t.Any]", untrusted(plan))
    except InputError as error:
        raise AnsibleFilterError("\n- ".join(error.problems)) from None


class FilterModule:
    """Ansible looks its filters up here."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return the filters of this file."""
        return {"partner_plan": partner_plan}

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter as a playbook sees it: rendered by Ansible's own templating."""

from __future__ import annotations

import contextlib

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.filter import partner_connectors as module

partner_connectors = module.FilterModule().filters()["partner_connectors"]


def test_the_example_of_the_documentation_is_what_comes_out() -> None:
    returned = yaml.safe_load(module.RETURN)["_value"]
    assert partner_connectors(["fabrikam.com"]) == returned["sample"]


def test_defaults_and_prefix() -> None:
    outbound, inbound = partner_connectors(
        ["fabrikam.com"], defaults={"outbound": {"level": "encryption_only"}}, name_prefix="TLS"
    )
    assert (outbound["name"], outbound["tls_settings"]) == ("TLS to fabrikam.com", "encryption_only")
    assert inbound["name"] == "TLS from fabrikam.com"


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        partner_connectors(["a b", "10.0.0.1"], defaults={"state": "on"}, name_prefix="x" * 40)
    first, *problems = str(caught.value).split("\n- ")
    assert first == "The partner list has 4 problems:"
    assert [problem.partition(" ")[0] for problem in problems] == ["The", "Defaults:", "Partner", "Partner"]
    assert problems[0] == (
        f"The name prefix '{'x' * 40}' has 40 characters; use at most 32, so that the partner's name fits in."
    )


def test_one_problem_is_one() -> None:
    with pytest.raises(AnsibleFilterError, match=r"The partner list has 1 problem:\n- Partner 1 \(a b\): domains"):
        partner_connectors(["a b"])


@pytest.mark.parametrize("prefix", [None, 5, ["x"]])
def test_a_prefix_of_another_type(prefix: object) -> None:
    with pytest.raises(AnsibleFilterError, match=r"The name prefix .* must be a printable text"):
        partner_connectors(["fabrikam.com"], name_prefix=prefix)


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["name", "domains", "state", "outbound", "inbound", "level", "smart_hosts", "contact"])
            | st.sampled_from(["adopt", "exceptions", "finding", "owner", "until", "reason"])
            | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(partners=_JUNK, defaults=_JUNK, prefix=_JUNK)
def test_whatever_comes_in_the_answer_is_a_list_or_sentences(
    partners: object, defaults: object, prefix: object
) -> None:
    with contextlib.suppress(AnsibleFilterError):  # anything else is a fault
        assert isinstance(partner_connectors(partners, defaults=defaults, name_prefix=prefix), list)

# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""A gathered list -> the text of a YAML file, with everything that is not in it as comments. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gather import Gathered, Left
from ansible_collections.mailflow.exchange_online.plugins.module_utils._plain import TEMPLATE_MARKS, plain

try:
    import yaml
except ImportError:  # it comes with ansible-core, so where filters run it is there
    yaml = None  # type: ignore[assignment]

_HEAD = """\
# Partner list, gathered {when} from the connectors of the tenant {tenant}.
#
# As it stands, it changes nothing (see --check). "adopt" names a connector that was made by hand; it becomes the
# partner's, and keeps its name and its comment.
"""
_SHARING = """\
#
# With forced_tls_pack it does change something: see the last note below.
"""
_MARKED = """\
#
# Connectors with the mark of this role that are not in it are taken for leftovers: each says below what deletes it, and
# what is in force goes with forced_tls_allow_weaken alone. Where there is a list that made them, go on with that one.
"""
#: The others are only counted: there may be hundreds.
_MOST_NAMES = 10


def lines_of(gathered: Gathered) -> list[str]:
    """Return what has to be told, a line for each connector that is not in the list."""
    count = len(gathered.not_expressed)
    return [
        f"Partners {len(gathered.partners)}, connectors that are not in the list {count}.",
        *(
            f"not expressed: {left.direction} connector '{_clean(left.name)}': {left.reason}{_end(left)}."
            for left in gathered.not_expressed
        ),
        *(f"note: {note}." for note in gathered.notes),
        *_sharing(gathered.sharing),
    ]


def _sharing(names: t.Sequence[str]) -> t.Iterator[str]:
    if names:
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        yield (
            "note: forced_tls_pack moves partners with connectors of their own, which this role has made, into shared"
            f" ones; leave it off to keep them as they are: {', '.join(map(_clean, names[:_MOST_NAMES]))}{more}."
        )


def _end(left: Left) -> str:
    return f"; {left.deleted_by} deletes it, because it carries the mark of this role" if left.deleted_by else ""


def text_of(gathered: Gathered, tenant_id: str | None, now: str) -> str:
    """Return the file. It is a list, as forced_tls_partners_file takes it."""
    if yaml is None:
        raise InputError(["PyYAML is missing where Ansible runs; install it (pip install PyYAML)."])
    head = _HEAD.format(when=_clean(now), tenant=_clean(tenant_id or "that was signed in to"))
    head += _SHARING if gathered.sharing else ""
    head += _MARKED if any(left.deleted_by for left in gathered.not_expressed) else ""
    body = yaml.dump(
        plain(gathered.partners),
        Dumper=_dumper(),
        sort_keys=False,
        allow_unicode=True,
        width=110,
        default_flow_style=False,
    )
    tail = "".join(f"# {_clean(line)}\n" for line in lines_of(gathered)[1:])
    return f"{head}---\n{body}" + (f"\n# Left as they are:\n{tail}" if tail else "")


def _dumper() -> type[yaml.SafeDumper]:
    """Write what others have named in the form of a template as a text that is none, wherever the list is put."""

    class Dumper(yaml.SafeDumper):
        pass

    def represent(dumper: Dumper, text: str) -> yaml.ScalarNode:
        if any(mark in text for mark in TEMPLATE_MARKS):
            return dumper.represent_scalar("!unsafe", text, style="'")
        return dumper.represent_str(text)

    Dumper.add_representer(str, represent)
    return Dumper


def plain_of(gathered: Gathered, tenant_id: str | None, now: str) -> dict[str, t.Any]:
    """Return all of it as plain values."""
    return {
        "partners": plain(gathered.partners),
        "not_expressed": [dataclasses.asdict(left) for left in gathered.not_expressed],
        "notes": list(gathered.notes),
        "sharing": list(gathered.sharing),
        "lines": lines_of(gathered),
        "text": text_of(gathered, tenant_id, now),
    }


def _clean(text: str) -> str:
    """A text in one line of a comment, whatever a connector is called."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())

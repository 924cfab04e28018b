# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As much of a controller's API as the modules of awx.awx need to set things up: it keeps what it is given.

It takes only what AWX takes (see ``awx_rules``), and nothing twice.
"""

from __future__ import annotations

import contextlib
import http.server
import itertools
import json
import re
import threading
import typing as t
import urllib.parse

from ansible_collections.mailflow.exchange_online.tests.integration import awx_rules

Values = dict[str, t.Any]

TOKEN = "the-token-of-the-one-who-sets-up"
_TEMPLATES = ("job_templates", "workflow_job_templates", "projects")
_NODES = "workflow_job_template_nodes"
#: Collection -> fields that name other things, and where these are.
_NAMES = {
    **{name: {"organization": "organizations"} for name in ("credentials", "projects", "inventories", "job_templates")},
    "hosts": {"inventory": "inventories"},
    "schedules": {"unified_job_template": "unified_job_templates"},
}
_CHECKS: dict[str, t.Callable[[Values], list[str]]] = {
    "credential_types": awx_rules.credential_type_problems,
    "schedules": lambda item: awx_rules.rrule_problems(item["rrule"]),
    "notification_templates": lambda item: awx_rules.message_problems(item["messages"]),
}


class Refused(Exception):
    """An answer of 400."""


class Controller:
    """The state. ``writes``: what was asked for that changes something, as method and path."""

    def __init__(self) -> None:
        self.items: dict[str, dict[int, Values]] = {}
        self.links: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], Values] = {}
        self.writes: list[tuple[str, str]] = []
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self.create("organizations", {"name": "Default"})
        self.create(
            "credential_types", {"name": "Microsoft Azure Resource Manager", "inputs": {}, "injectors": {}}, check=False
        )

    def named(self, collection: str, name: str) -> Values:
        """The one thing of that name."""
        (found,) = (
            item for item in self._all(collection).values() if name in (item.get("name"), item.get("identifier"))
        )
        return found

    def linked(self, collection: str, item: Values, link: str) -> list[str]:
        """The names of what is associated with it."""
        everything = {number: one for items in self.items.values() for number, one in items.items()}
        found = (everything[number] for number in self.links.get((collection, item["id"], link), []))
        return [one.get("name") or one["identifier"] for one in found]

    def survey(self, collection: str, name: str) -> Values:
        return self.surveys.get((collection, self.named(collection, name)["id"]), {})

    def answer(self, method: str, path: str, query: dict[str, str], data: Values) -> tuple[int, t.Any]:
        """Answer a request; ``path`` has no /api/v2 in front."""
        with self._lock:
            if method != "GET":
                self.writes.append((method, path))
            collection, *rest = path.strip("/").split("/")
            if not rest:
                return (
                    (200, self._found(collection, query)) if method == "GET" else (201, self.create(collection, data))
                )
            item = self._all(collection)[int(rest[0])]
            if len(rest) > 1:
                return self._below(method, (collection, item["id"], rest[1]), data)
            if method == "PATCH":
                self._check(collection, {**item, **data})
                item.update(data)
            return 200, item

    def create(self, collection: str, data: Values, *, check: bool = True) -> Values:
        """Keep a new thing. Raises Refused where there is one already, and where AWX would not take it."""
        if check and collection in _CHECKS:
            self._check(collection, data)
        for field, where in _NAMES.get(collection, {}).items():
            if data[field] not in self._all(where):
                raise Refused(f"{field} {data[field]} is not there")
        same = ("name", "identifier", "workflow_job_template", "organization", "inventory")
        if any(all(item.get(key) == data.get(key) for key in same) for item in self._all(collection).values()):
            raise Refused(f"{collection}: {data.get('name')} is there already")
        number = next(self._ids)
        url = f"/api/v2/{collection}/{number}/"
        related = {"survey_spec": f"{url}survey_spec/"}
        item = {"summary_fields": {}, "scm_revision": "", **data, "id": number, "url": url, "type": collection[:-1]}
        self.items.setdefault(collection, {})[number] = {**item, "related": related}
        return self.items[collection][number]

    def _check(self, collection: str, data: Values) -> None:
        problems = _CHECKS[collection](data) if collection in _CHECKS else []
        if problems:
            raise Refused("; ".join(problems))

    def _all(self, collection: str) -> dict[int, Values]:
        if collection == "unified_job_templates":
            return {number: item for name in _TEMPLATES for number, item in self.items.get(name, {}).items()}
        return self.items.get(collection, {})

    def _found(self, collection: str, query: dict[str, str]) -> Values:
        found = [
            item
            for item in self._all(collection).values()
            if all(str(item.get(key)) == value for key, value in query.items())
        ]
        return {"count": len(found), "results": found, "next": None}

    def _below(self, method: str, place: tuple[str, int, str], data: Values) -> tuple[int, t.Any]:
        collection, number, what = place
        if what == "survey_spec":
            return self._survey(method, (collection, number), data)
        if what == "create_approval_template":
            made = self.create("workflow_approval_templates", {**data, "organization": number})
            node = self.items[_NODES][number]
            node["unified_job_template"] = made["id"]
            node["related"]["unified_job_template"] = made["url"]
            return 201, made
        linked = self.links.setdefault(place, [])
        if method == "GET":
            return 200, {"count": len(linked), "results": [{"id": each} for each in linked], "next": None}
        linked.remove(data["id"]) if data.get("disassociate") else linked.append(data["id"])
        return 204, None

    def _survey(self, method: str, place: tuple[str, int], data: Values) -> tuple[int, t.Any]:
        if method == "POST":
            problems = awx_rules.survey_problems(data)
            if problems:
                raise Refused("; ".join(problems))
            self.surveys[place] = data
        return 200, self.surveys.get(place, {})


@contextlib.contextmanager
def serving() -> t.Iterator[tuple[Controller, str]]:
    """A controller that listens on the loopback interface, and its address."""
    controller = Controller()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do()

        do_POST = do_PATCH = do_GET

        def _do(self) -> None:
            url = urllib.parse.urlsplit(self.path)
            size = int(self.headers.get("Content-Length") or 0)
            data = json.loads(self.rfile.read(size) or "{}") if size else {}
            path = re.fullmatch(r"/api/v2(/.*)", url.path)
            try:
                if path is None or self.headers["Authorization"] != f"Bearer {TOKEN}":
                    status, told = 401, {"detail": "no token, or not this API"}
                else:
                    query = dict(urllib.parse.parse_qsl(url.query))
                    status, told = controller.answer(self.command, path[1], query, data)
            except Refused as refused:
                status, told = 400, {"__all__": [str(refused)], "error": str(refused)}
            except KeyError as missing:
                status, told = 404, {"detail": str(missing)}
            body = b"" if told is None else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: t.Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield controller, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""Files, vector stores and containers: kept as long as the server lives, indexed by every look at them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.server.audio_answers import json_answer, plain
from tests.server.chat_answers import CREATED
from tests.server.wire import Answer, Request


@dataclass
class DocumentRoom:
    """The documents of one server.

    Attributes:
        looks: how often a document is seen in progress before it is done.
        failing: by file name, the code with which its indexing fails.
        made: what code has written, by container and file.
    """

    looks: int = 1
    failing: Mapping[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    stores: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[str, dict[str, int]] = field(default_factory=dict)
    made: dict[tuple[str, str], bytes] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def answer(self, request: Request, path: str) -> Answer | None:
        """Answer what concerns documents; None for everything else."""
        match request.method, path.strip("/").split("/"):
            case "POST", ["files"] if request.field("purpose") == "assistants":
                return self._upload(request)
            case "DELETE", ["files", name] if name in self.files:
                del self.files[name]
                return json_answer({"id": name, "object": "file", "deleted": True})
            case "POST", ["vector_stores"]:
                return json_answer(self._create(request.json["name"]))
            case method, ["vector_stores", name, *rest]:
                return self._store(method, name, rest, request)
            case "GET", ["containers", container, "files", name, "content"] if (container, name) in self.made:
                return plain(self.made[container, name], "application/octet-stream")
            case _, ["containers", *_]:
                return not_found("container")
        return None

    def _upload(self, request: Request) -> Answer:
        part = next(part for part in request.parts if part.name == "file")
        name = f"file-{next(self._numbers)}"
        self.files[name] = (part.filename or "", part.data)
        facts = {"bytes": len(part.data), "created_at": CREATED, "filename": part.filename}
        return json_answer({"id": name, "object": "file", "purpose": "assistants", "status": "processed", **facts})

    def _create(self, name: str) -> dict[str, Any]:
        store = f"vs_{next(self._numbers)}"
        counts = dict.fromkeys(("in_progress", "completed", "failed", "cancelled", "total"), 0)
        self.members[store] = {}
        self.stores[store] = {
            "id": store,
            "object": "vector_store",
            "created_at": CREATED,
            "name": name,
            "usage_bytes": 0,
            "file_counts": counts,
            "status": "completed",
            "last_active_at": CREATED,
            "metadata": {},
        }
        return self.stores[store]

    def _store(self, method: str, name: str, rest: list[str], request: Request) -> Answer:
        if name not in self.stores:
            return not_found("vector store")
        match method, rest:
            case "GET", []:
                return json_answer(self.stores[name])
            case "DELETE", []:
                del self.stores[name]
                return json_answer({"id": name, "object": "vector_store.deleted", "deleted": True})
            case "POST", ["files"]:
                self.members[name].setdefault(request.json["file_id"], 0)
                return json_answer(self._member(name, request.json["file_id"]))
            case "GET", ["files", file] if file in self.members[name]:
                self.members[name][file] += 1
                return json_answer(self._member(name, file))
        return not_found("file")

    def _member(self, store: str, file: str) -> dict[str, Any]:
        code = self.failing.get(self.files.get(file, ("", b""))[0])
        is_over = self.members[store][file] > self.looks
        status = ("failed" if code else "completed") if is_over else "in_progress"
        error = {"code": code, "message": "secret words"} if is_over and code else None
        facts = {"created_at": CREATED, "vector_store_id": store, "usage_bytes": 0}
        return {"id": file, "object": "vector_store.file", "status": status, "last_error": error, **facts}


def not_found(what: str) -> Answer:
    """What the service says to a name that it does not know."""
    error = {"message": f"No {what} found with that id.", "type": "invalid_request_error", "param": None, "code": None}
    return json_answer({"error": error}, status=404)

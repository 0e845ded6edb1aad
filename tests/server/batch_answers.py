"""Files and batches: kept as long as the server lives, moved on by every look at them."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from tests.server.audio_answers import json_answer, plain
from tests.server.batch_script import BatchScript
from tests.server.chat_answers import CREATED
from tests.server.spec_check import openai_spec
from tests.server.wire import Answer, Request


@dataclass
class BatchRoom:
    """The files and batches of one server. ``violations``: lines that are against the specification."""

    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _looks: dict[str, int] = field(default_factory=dict)

    def answer(self, script: BatchScript, request: Request, path: str) -> Answer | None:
        """Answer what concerns files and batches; None for everything else."""
        parts = path.strip("/").split("/")
        match request.method, parts:
            case "POST", ["files"]:
                return self._upload(request)
            case "GET", ["files", name, "content"] if name in self.files:
                return plain(self.files[name], "application/octet-stream")
            case "DELETE", ["files", name] if name in self.files:
                del self.files[name]
                return json_answer({"id": name, "object": "file", "deleted": True})
            case "POST", ["batches"]:
                return self._create(request)
            case "GET", ["batches"]:
                rows = list(reversed(self.batches.values()))
                return json_answer({"object": "list", "data": rows, "has_more": False})
            case "GET", ["batches", name] if name in self.batches:
                return json_answer(self._look(script, self.batches[name]))
            case "POST", ["batches", name, "cancel"] if name in self.batches:
                self.batches[name]["status"] = "cancelling"
                return json_answer(self.batches[name])
        return None

    def _upload(self, request: Request) -> Answer:
        name = f"file-{next(self._numbers)}"
        self.files[name] = next(part.data for part in request.parts if part.name == "file")
        facts = {"bytes": len(self.files[name]), "created_at": CREATED, "filename": "voiceapp.jsonl"}
        return json_answer({"id": name, "object": "file", "purpose": "batch", "status": "processed", **facts})

    def _create(self, request: Request) -> Answer:
        asked = request.json
        lines = [json.loads(line) for line in self.files[asked["input_file_id"]].splitlines()]
        for line in lines:
            self.violations += openai_spec().json_request("/chat/completions", line["body"])
        if len({line["custom_id"] for line in lines}) != len(lines):
            self.violations.append("a custom_id is given twice")
        name = f"batch_{next(self._numbers)}"
        self.batches[name] = {
            "id": name,
            "object": "batch",
            "endpoint": asked["endpoint"],
            "input_file_id": asked["input_file_id"],
            "completion_window": asked["completion_window"],
            "metadata": asked.get("metadata"),
            "status": "validating",
            "created_at": CREATED,
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
        }
        return json_answer(self.batches[name])

    def _look(self, script: BatchScript, batch: dict[str, Any]) -> dict[str, Any]:
        looks = self._looks[batch["id"]] = self._looks.get(batch["id"], 0) + 1
        if batch["status"] == "cancelling":
            self._end(script, batch, "cancelled")
        elif batch["status"] in ("validating", "in_progress"):
            batch["status"] = "in_progress"
            batch["request_counts"]["completed"] = min(looks, batch["request_counts"]["total"])
            if looks > script.looks:
                self._end(script, batch, script.end)
        return batch

    def _end(self, script: BatchScript, batch: dict[str, Any], status: str) -> None:
        batch["status"] = status
        if status == "failed":
            batch["errors"] = {"object": "list", "data": [{"code": "token_limit_exceeded", "message": "secret words"}]}
            return
        asked = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        good: list[str] = []
        bad: list[str] = []
        for line in asked:
            found = script.answer(line)
            if found is not None:
                is_good = (found["response"] or {}).get("status_code") == 200
                (good if is_good else bad).append(json.dumps({"id": f"r-{line['custom_id']}", **found}))
        for key, rows in (("output_file_id", good), ("error_file_id", bad)):
            if rows:
                name = f"file-{next(self._numbers)}"
                self.files[name] = ("\n".join(reversed(rows)) + "\n").encode()  # in any order
                batch[key] = name
        batch["request_counts"] |= {"completed": len(good), "failed": len(bad)}

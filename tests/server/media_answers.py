"""What a server that keeps to the specification answers about models, images, moderation and embeddings."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from tests.server.audio_answers import json_answer
from tests.server.chat_answers import CREATED
from tests.server.script import ImageScript, ModerationScript, Script
from tests.server.wire import Answer, Request

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
ONE_PIXEL_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def models(script: Script, _request: Request) -> Answer:
    """Answer GET /models."""
    rows = [{"id": name, "object": "model", "created": CREATED, "owned_by": "openai"} for name in script.models]
    return json_answer({"object": "list", "data": rows})


def image(script: ImageScript, request: Request) -> Answer:
    """Answer POST /images/generations and /images/edits with base64 pictures."""
    count = request.json.get("n") if isinstance(request.json, dict) else request.field("n")
    picture = {"b64_json": base64.b64encode(script.png or ONE_PIXEL_PNG).decode()}
    if script.revised_prompt:
        picture["revised_prompt"] = script.revised_prompt
    details = {"text_tokens": 10, "image_tokens": 0}
    usage = {"input_tokens": 10, "output_tokens": 100, "total_tokens": 110, "input_tokens_details": details}
    body = {"created": CREATED, "data": [picture] * int(count or 1), "usage": usage}
    return json_answer(body, script.service_ms / 1000)


def moderation(script: ModerationScript, request: Request) -> Answer:
    """Answer POST /moderations: one result per text, one for a list of parts."""
    given = request.json.get("input") if isinstance(request.json, dict) else ""
    texts = given if isinstance(given, list) and all(isinstance(item, str) for item in given) else [given]
    result: dict[str, Any] = {
        "flagged": bool(script.flagged),
        "categories": {name: name in script.flagged for name in CATEGORIES},
        "category_scores": {name: 0.9 if name in script.flagged else 0.0001 for name in CATEGORIES},
        "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
    }
    body = {"id": "modr-1", "model": "omni-moderation-latest", "results": [result] * len(texts)}
    return json_answer(body, script.service_ms / 1000)


def embeddings(_script: Script, request: Request) -> Answer:
    """Answer POST /embeddings: 8 numbers that follow from each text."""
    wanted = request.json if isinstance(request.json, dict) else {}
    given = wanted.get("input", "")
    texts = given if isinstance(given, list) else [given]
    rows = [
        {"object": "embedding", "index": index, "embedding": [byte / 255 for byte in _digest(text)]}
        for index, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 5, "total_tokens": 5}
    return json_answer({"object": "list", "data": rows, "model": wanted.get("model", ""), "usage": usage})


def _digest(text: object) -> bytes:
    return hashlib.sha256(str(text).encode()).digest()[:8]

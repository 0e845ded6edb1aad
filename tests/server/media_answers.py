"""What a server that keeps to the specification answers about models, images, moderation and embeddings."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import numpy as np

from tests.server.audio_answers import json_answer
from tests.server.chat_answers import CREATED
from tests.server.script import ImageScript, ModerationScript, Script
from tests.server.sse import SSE_HEADERS, event
from tests.server.wire import Answer, Piece, Request

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
    """Answer POST /images/generations and /images/edits with base64 pictures, streamed where that was asked for."""
    if _wish(request, "stream") in (True, "true"):
        return _streamed_image(script, request)
    picture = {"b64_json": base64.b64encode(script.png or ONE_PIXEL_PNG).decode()}
    if script.revised_prompt:
        picture["revised_prompt"] = script.revised_prompt
    body = {"created": CREATED, "data": [picture] * int(_wish(request, "n") or 1), "usage": IMAGE_USAGE}
    return json_answer(body, script.service_ms / 1000)


IMAGE_USAGE = {
    "input_tokens": 10,
    "output_tokens": 1056,
    "total_tokens": 1066,
    "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
}


def _wish(request: Request, name: str) -> Any:
    return request.json.get(name) if isinstance(request.json, dict) else request.field(name)


def _streamed_image(script: ImageScript, request: Request) -> Answer:
    kind = "image_edit" if request.parts else "image_generation"
    facts = {"size": "1024x1024", "quality": "medium", "background": "opaque", "output_format": "png"}
    common = {"created_at": CREATED, **facts}
    count = min(script.partials, int(_wish(request, "partial_images") or 0))
    pictures = int(_wish(request, "n") or 1)
    preview = base64.b64encode(script.partial_png or script.png or ONE_PIXEL_PNG).decode()
    whole = base64.b64encode(script.png or ONE_PIXEL_PNG).decode()
    service_s = script.service_ms / 1000
    partial = {"type": f"{kind}.partial_image", "b64_json": preview, **common}
    done = {"type": f"{kind}.completed", "b64_json": whole, "usage": IMAGE_USAGE, **common}
    pieces = [
        Piece(event({**partial, "partial_image_index": n}), service_s * (n + 1) / (count + 1), "partial")
        for n in range(count)
    ]
    return Answer((*pieces, *[Piece(event(done), service_s, "image")] * pictures), headers=SSE_HEADERS)


def moderation(script: ModerationScript, request: Request) -> Answer:
    """Answer POST /moderations: one result per text, one for a list of parts."""
    given = request.json.get("input") if isinstance(request.json, dict) else ""
    texts = given if isinstance(given, list) and all(isinstance(item, str) for item in given) else [given]
    body = {"id": "modr-1", "model": "omni-moderation-latest", "results": [_judged(script, text) for text in texts]}
    return json_answer(body, script.service_ms / 1000)


def _judged(script: ModerationScript, given: object) -> dict[str, Any]:
    """Judge a text, or a list of parts as one."""
    flagged, kind = set(script.flagged), "text"
    for part in given if isinstance(given, list) else [{"type": "text", "text": given}]:
        if part.get("type") == "image_url":
            flagged, kind = flagged | set(script.image), "image"
        for word, categories in script.words.items():
            flagged |= set(categories) if word in str(part.get("text", "")) else set()
    return {
        "flagged": bool(flagged),
        "categories": {name: name in flagged for name in CATEGORIES},
        "category_scores": {name: script.score if name in flagged else 0.0001 for name in CATEGORIES},
        "category_applied_input_types": {name: [kind] for name in CATEGORIES},
    }


def embeddings(_script: Script, request: Request) -> Answer:
    """Answer POST /embeddings: texts that share words lie close to each other."""
    wanted = request.json if isinstance(request.json, dict) else {}
    given = wanted.get("input", "")
    texts = given if isinstance(given, list) else [given]
    dim = wanted.get("dimensions", 8)
    rows = [
        {"object": "embedding", "index": index, "embedding": _embedding(str(text), dim, wanted.get("encoding_format"))}
        for index, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 5 * len(texts), "total_tokens": 5 * len(texts)}
    body = {"object": "list", "data": rows, "model": wanted.get("model", ""), "usage": usage}
    return json_answer(body, 0.0)


def _embedding(text: str, dim: int, encoding: str | None) -> str | list[float]:
    """Return the sum of the words' own directions."""
    total = np.zeros(dim, dtype=np.float32)
    for word in text.lower().split() or [""]:
        seed = int.from_bytes(hashlib.sha256(word.strip(".,?!").encode()).digest()[:8], "little")
        total += np.random.default_rng(seed).standard_normal(dim).astype(np.float32)
    total /= np.linalg.norm(total)
    return base64.b64encode(total.tobytes()).decode() if encoding == "base64" else total.tolist()

"""Cut OpenAI's OpenAPI file down to what the app uses.

    python -m tests.server.reduce_spec FULL_FILE.json

writes ``tests/server/spec/openai.json``. The OpenAPI file is published by OpenAI (github.com/openai/openai-openapi)
under the MIT licence; descriptions and examples are dropped, everything that decides about validity is kept as it is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PATHS = {
    "/audio/transcriptions": "post",
    "/audio/translations": "post",
    "/audio/speech": "post",
    "/chat/completions": "post",
    "/responses": "post",
    "/models": "get",
    "/images/generations": "post",
    "/images/edits": "post",
    "/moderations": "post",
    "/embeddings": "post",
    "/files": "post",
    "/files/{file_id}": "delete",
    "/files/{file_id}/content": "get",
    "/batches": "get post",
    "/batches/{batch_id}": "get",
    "/batches/{batch_id}/cancel": "post",
    "/vector_stores": "get post",
    "/vector_stores/{vector_store_id}": "get delete",
    "/vector_stores/{vector_store_id}/files": "get post",
    "/vector_stores/{vector_store_id}/files/{file_id}": "get delete",
    "/containers/{container_id}/files/{file_id}/content": "get",
}
"""Methods by path; of several the last one's body is kept."""
ANSWERS = (
    "Batch",
    "ChatCompletionStreamOptions",
    "CreateChatCompletionResponse",
    "CreateChatCompletionStreamResponse",
    "CreateEmbeddingResponse",
    "CreateModerationResponse",
    "CreateTranscriptionResponseDiarizedJson",
    "CreateTranscriptionResponseJson",
    "CreateTranscriptionResponseVerboseJson",
    "CreateTranslationResponseJson",
    "CreateTranslationResponseVerboseJson",
    "ImageEditCompletedEvent",
    "ImageEditPartialImageEvent",
    "ImageGenCompletedEvent",
    "ImageGenPartialImageEvent",
    "ImagesResponse",
    "ListBatchesResponse",
    "ListModelsResponse",
    "OpenAIFile",
    "RealtimeClientEvent",
    "RealtimeServerEvent",
    "Response",
    "ResponseStreamEvent",
    "SpeechAudioDeltaEvent",
    "SpeechAudioDoneEvent",
    "TranscriptTextDeltaEvent",
    "TranscriptTextDoneEvent",
    "VectorStoreFileObject",
    "VectorStoreObject",
    "TranscriptTextSegmentEvent",
)
PROSE = {"description", "example", "examples", "title", "externalDocs", "deprecated", "x-oaiMeta", "summary"}
REDUCED = Path(__file__).with_name("spec") / "openai.json"


def reduce_spec(full: dict[str, Any]) -> dict[str, Any]:
    """Return the paths and schemas that the app's requests and the server's answers need."""
    schemas = full["components"]["schemas"]
    paths = {
        path: {
            "method": methods,
            "content": (full["paths"][path][methods.split()[-1]].get("requestBody") or {}).get("content", {}),
        }
        for path, methods in PATHS.items()
    }
    wanted = {name for path in paths.values() for name in _references(path)} | set(ANSWERS)
    kept: dict[str, Any] = {}
    while wanted:
        name = wanted.pop()
        kept[name] = _without_prose(schemas[name])
        wanted |= _references(kept[name]) - kept.keys()
    return {
        "source": "github.com/openai/openai-openapi, MIT licence, reduced by tests/server/reduce_spec.py",
        "version": full["info"]["version"],
        "paths": {path: _without_prose(value) for path, value in paths.items()},
        "schemas": dict(sorted(kept.items())),
    }


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        found = {str(node["$ref"]).rsplit("/", 1)[-1]} if isinstance(node.get("$ref"), str) else set()
        return found.union(*map(_references, node.values())) if node else found
    return set().union(*map(_references, node)) if isinstance(node, list) else set()


def _without_prose(node: Any, is_properties: bool = False) -> Any:
    """Drop words for people; a property that happens to be called "title" stays."""
    if isinstance(node, dict):
        return {
            key: _without_prose(value, is_properties=key == "properties" and not is_properties)
            for key, value in node.items()
            if is_properties or (key not in PROSE and not key.startswith("x-"))
        }
    return [_without_prose(item) for item in node] if isinstance(node, list) else node


def write_reduced(spec: dict[str, Any], target: Path) -> None:
    """Write one schema a line, so that a new version of the specification reads as a diff."""
    lines = [f' "source": {json.dumps(spec["source"])}', f' "version": {json.dumps(spec["version"])}']
    for key in ("paths", "schemas"):
        rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in spec[key].items())
        lines.append(f' "{key}": {{\n{rows}\n }}')
    target.parent.mkdir(exist_ok=True)
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write_reduced(reduce_spec(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), REDUCED)

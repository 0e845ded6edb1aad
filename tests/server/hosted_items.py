"""What a service's own tools leave in a response, to be scripted."""

from __future__ import annotations

from typing import Any

from tests.server.script import ChatScript, HostedScript

SEARCH: dict[str, Any] = {
    "id": "ws_1",
    "type": "web_search_call",
    "status": "completed",
    "action": {
        "type": "search",
        "query": "tide Brest",
        "queries": ["tide Brest"],
        "sources": [{"type": "url", "url": "https://tides.example/brest"}],
    },
}
FILES: dict[str, Any] = {
    "id": "fs_1",
    "type": "file_search_call",
    "status": "completed",
    "queries": ["boiler"],
    "results": [{"file_id": "file-1", "filename": "boiler.md", "text": "Bleed the boiler in May.", "score": 0.9}],
}
CODE: dict[str, Any] = {
    "id": "ci_1",
    "type": "code_interpreter_call",
    "status": "completed",
    "container_id": "cntr_1",
    "code": "print(6 * 7)",
    "outputs": [{"type": "logs", "logs": "42\n"}],
}
PAGE = {
    "type": "url_citation",
    "url": "https://tides.example/brest",
    "title": "Tides in Brest",
    "start_index": 0,
    "end_index": 4,
}
DOCUMENT = {"type": "file_citation", "file_id": "file-1", "filename": "boiler.md", "index": 3}
MADE = {
    "type": "container_file_citation",
    "container_id": "cntr_1",
    "file_id": "cfile_1",
    "filename": "plot.png",
    "start_index": 0,
    "end_index": 4,
}

ALL = ChatScript(
    ("High", " water", " is", " at", " six", "."),
    hosted=(
        HostedScript(SEARCH, ("in_progress", "searching", "completed")),
        HostedScript(FILES, ("in_progress", "searching", "completed")),
        HostedScript(CODE, ("in_progress", "interpreting", "completed")),
    ),
    annotations=(PAGE, DOCUMENT, MADE),
)
"""A reply to which all three have contributed."""

"""The server in a process of its own, so that a busy client on the same interpreter cannot disturb its timing.

    python -m tests.server --script bench

prints one JSON line {"base_url": ...} and serves until its standard input is closed. A line "log" on standard input
is answered by one line: a JSON list of the requests so far with their times, which time.monotonic() of any process on
this machine understands. A line "clear" forgets them.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from tests.server.loopback import LoopbackServer
from tests.server.script import ModerationScript, Script, bench_script, short_script
from tests.server.wire import Request


def row_of(request: Request) -> dict[str, Any]:
    """Return what a measurement needs of *request*."""
    return {
        "path": request.path,
        "json": request.json,
        "connection": request.connection,
        "upload_bytes": len(request.body),
        "started_at": request.started_at,
        "uploaded_at": request.uploaded_at,
        "headers_sent_at": request.headers_sent_at,
        "first_byte_at": request.first_byte_at,
        "marks": request.marks,
        "late_ms": [(at - due) * 1000 for (_mark, at), due in zip(request.marks, request.due, strict=True)],
        "done_at": request.done_at,
        "disconnected_at": request.disconnected_at,
        "status": request.status,
    }


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.server")
    parser.add_argument("--script", choices=("bench", "short", "plain"), default="plain")
    parser.add_argument("--check-ms", type=float, default=0.0, help="of a moderation request")
    parser.add_argument("--char-ms", type=float, default=30.0, help="of speech per character (bench)")
    options = parser.parse_args()
    scripts = {"bench": lambda: bench_script(options.char_ms), "short": lambda: short_script(options.char_ms)}
    script = scripts.get(options.script, Script)()
    script.moderation = ModerationScript(options.check_ms)
    with LoopbackServer(script) as server:
        print(json.dumps({"base_url": server.base_url}), flush=True)
        for line in sys.stdin:
            match line.strip():
                case "log":
                    log = {"requests": [row_of(r) for r in list(server.requests)], "violations": server.violations}
                    print(json.dumps(log), flush=True)
                case "clear":
                    server.requests.clear()


if __name__ == "__main__":
    main()

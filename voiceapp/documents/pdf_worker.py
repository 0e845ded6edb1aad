"""The process in which pypdf works: a PDF at stdin, one JSON object at stdout, then it ends.

    python -m voiceapp.documents.pdf_worker PAGES_MAX CHARS_MAX

Out: ``{"pages": 3, "text": "…"}``, without the text where there are more pages than wanted; or ``{"fault": "locked"}``
(it needs a password), ``{"fault": "broken"}``. Memory is bounded by the system, where that is possible; time by whoever
waits.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from contextlib import suppress
from typing import Any

MEMORY_BYTES = 1_500_000_000


def read(data: bytes, pages_max: int, chars_max: int) -> dict[str, Any]:
    """Return what the process tells about *data*."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, WrongPasswordError

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            return {"fault": "locked"}
        pages = len(reader.pages)
        if pages > pages_max:
            return {"pages": pages, "text": ""}
        return {"pages": pages, "text": _words(reader, chars_max)}
    except (DependencyError, FileNotDecryptedError, WrongPasswordError):
        return {"fault": "locked"}
    except Exception:  # a stranger's file finds every way to be wrong
        return {"fault": "broken"}


def _words(reader: Any, chars_max: int) -> str:
    texts: list[str] = []
    left = chars_max
    for page in reader.pages:
        try:
            text = page.extract_text().strip()
        except Exception:  # one page that cannot be read does not take the others with it
            text = ""
        texts.append(text[:left])
        left -= len(texts[-1])
        if left <= 0:
            break
    return "\n\n".join(text for text in texts if text)


def _bound_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main() -> None:
    """Read stdin, answer, end."""
    _bound_memory()
    logging.disable(logging.CRITICAL)  # its warnings would quote the document
    answer = read(sys.stdin.buffer.read(), int(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()

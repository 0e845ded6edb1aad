"""The model's tool for local files reads PDFs, as the program wires it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.fakes import FakeSecrets, MemoryStore
from tests.pdfs import pdf
from voiceapp.core.settings import Settings
from voiceapp.core.speech import ToolCall
from voiceapp.voice.window_outside import WindowOutside
from voiceapp.wiring.tools import make_tools


async def test_a_local_pdf_is_read_for_the_model(tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_bytes(pdf("The plumber comes on Friday."))
    (tmp_path / "locked.pdf").write_bytes(pdf("secret", password="x"))
    tools = make_tools(
        MemoryStore(), None, FakeSecrets(), WindowOutside(lambda _event: None), lambda _words: None, lambda _event: None
    )
    tools.use(replace(Settings(), readable_paths=(str(tmp_path),)))
    try:
        read, locked = [
            await tools.run(ToolCall("1", "read_local_file", json.dumps({"path": str(tmp_path / name)})))
            for name in ("letter.pdf", "locked.pdf")
        ]
    finally:
        await tools.close()
    assert "The plumber comes on Friday." in read.text
    assert locked.is_error
    assert "locked with a password" in locked.text

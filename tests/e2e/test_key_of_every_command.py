"""A key goes with every request of every command that reaches out, and is in nothing that they leave or say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.sounds import question
from tests.e2e.test_key_nowhere import KEY, forms, places_of, run
from tests.pictures import png
from tests.server import faults, hosted_items
from tests.server.loopback import LoopbackServer
from tests.server.script import ImageScript
from tests.server.wire import Answer, Request
from voiceapp.audio.soundfile_io import write
from voiceapp.cli import main

SETTINGS = """
[[providers]]
name = "openai"
kind = "openai"
base_url = "{url}"
chat_api = "responses"

[jobs]
chat = {{ provider = "openai" }}
transcription = {{ provider = "openai" }}
speech = {{ provider = "openai" }}
moderation = {{ provider = "openai" }}
images = {{ provider = "openai" }}
live_transcription = {{ provider = "openai", model = "gpt-live-transcribe" }}
"""
PATHS = (
    "/responses", "/chat/completions", "/audio/transcriptions", "/audio/translations", "/audio/speech", "/realtime",
    "/images/generations", "/images/edits", "/moderations", "/embeddings", "/models", "/files", "/vector_stores",
    "/batches", "/batches/batch_2",
)  # fmt: skip
REALTIME, BY_EAR = "gpt-realtime-2.1-mini", "gpt-audio-1.5"


@pytest.fixture
def told(
    tmp_path: Path, openai_server: LoopbackServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Run a command in this process, which is quicker than one of its own; give back what it said.

    A trace is open as long as its process lives: those have one of their own.
    """
    config = tmp_path / "data" / "config"
    config.mkdir(parents=True)
    (config / "settings.toml").write_text(SETTINGS.format(url=openai_server.base_url))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in ("OPENAI_BASE_URL", "DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")

    def told(*words: str | Path) -> str:
        if "--trace" in words:
            return run(tmp_path / "data", *words, "--debug", env={"OPENAI_API_KEY": KEY})
        main([*map(str, words), "--debug", "--data-dir", str(tmp_path / "data")])
        streams = capsys.readouterr()
        return streams.out + streams.err

    return told


def commands(folder: Path) -> list[tuple[str | Path, ...]]:
    """Return command lines that between them send every kind of request."""
    asked, paper, photo, out = (folder / name for name in ("asked.wav", "talks/lease.txt", "photo.png", "reply.wav"))
    write(asked, question("what time is it"))
    paper.parent.mkdir()
    paper.write_text("No pets, no drums after ten.")
    photo.write_bytes(png(8, 8))
    return [
        ("stores", "make", "Papers", paper),
        ("files", "list", "Papers"),
        ("ask", "--text", "When?", "--silent", "--web", "--code", "--files", "Papers", "--save-to", folder),
        ("ask", asked, "--live", "--image", photo, "--out", out, "--trace", folder / "live.trace"),
        ("ask", asked, "--model", BY_EAR, "--out", out, "--trace", folder / "ear.trace"),
        ("ask", "--notes", "What about drums?", "--silent"),
        ("say", "Good morning.", "--model", REALTIME, "--out", out),
        ("voices", "--preview", "cedar", "--model", BY_EAR, "--out", out),
        ("transcribe", asked, "--translate"),
        ("transcribe", asked, "--speakers"),
        ("image", "A cup", "--out", folder / "cup.png"),
        ("image", "A cup", "--edit", photo, "--out", folder / "cup.png"),
        ("moderate", "Hello."),
        ("search", "drums", "--semantic", "--provider", "openai"),
        ("notes", paper),
        ("clean", paper),
        ("batch", "start", paper.parent, "--job", "title", "--yes"),
        ("batch", "status"),
        ("usage", "--csv", folder / "usage.csv"),
        ("stores", "remove", "Papers"),
    ]


def test_what_every_command_leaves(tmp_path: Path, openai_server: LoopbackServer, told: Callable[..., str]) -> None:
    openai_server.script.chat = hosted_items.ALL
    openai_server.script.image = ImageScript(png=png(8, 8))
    openai_server.documents.made["cntr_1", "cfile_1"] = b"PNG"
    openai_server.documents.looks = 0
    lines = commands(tmp_path)
    said = "".join(told(*words) for words in lines)
    reached = {request.path.removeprefix("/v1") for request in openai_server.requests}
    assert reached.issuperset(set(PATHS) - {"/realtime"}), set(PATHS) - reached
    assert {"transcription", ""} == {session.query.get("intent", "") for session in openai_server.realtime.sessions}
    asked = [*openai_server.requests, *(session.request for session in openai_server.realtime.sessions)]
    assert {request.headers.get("authorization") for request in asked} == {f"Bearer {KEY}"}

    def parrot(request: Request) -> Answer:
        key = str(request.headers.get("authorization"))
        return faults.error(400, f"Odd key {key} for {request.body[:300]!r}", code=key, headers={"x-request-id": key})

    for path in PATHS:
        openai_server.answer_always(path, parrot)
    said += "".join(told(*words) for words in lines)
    assert "Odd key" not in said
    assert not any(form.decode("latin-1") in said for form in forms(KEY))
    assert places_of(KEY, tmp_path) == []

"""A key is in the request and nowhere else: not in a file, a log, a trace or a crash report that a run leaves."""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.processes import environment, voiceapp
from tests.e2e.sounds import question
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.wire import Answer, Request
from voiceapp.audio.soundfile_io import write

KEY = "sk-proj-Zq7vK2mN9xW4tR8pL5sD3fG6hJ1cB0aY"
STORED = "odd.key/without:the+usual=beginning-77215"
"""What no pattern in the log could know for a key."""


def forms(key: str) -> tuple[bytes, ...]:
    """Return how *key* could lie in a file: as it is, in halves, in base64 (at any offset), in UTF-16."""
    coded = [base64.b64encode(b"x" * lead + key.encode())[8:-8] for lead in range(3)]
    return (key.encode(), key[: len(key) // 2].encode(), key[len(key) // 2 :].encode(), *coded, key.encode("utf-16-le"))


def places_of(key: str, folder: Path) -> list[str]:
    """Return the files below *folder* that hold *key* in any form."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert len(files) > 5
    return [str(file.relative_to(folder)) for file in files if any(form in file.read_bytes() for form in forms(key))]


def parroting(server: LoopbackServer, status: int, code: str) -> None:
    """Let the service repeat in its errors what it was sent, the key among it."""

    def answer(request: Request) -> Answer:
        told = f"Incorrect key {request.headers.get('authorization')} for {request.body[:500]!r}"
        return faults.error(
            status, told, code=code, headers={"x-request-id": str(request.headers.get("authorization"))}
        )

    for path in ("/audio/transcriptions", "/audio/speech", "/chat/completions", "/responses", "/models"):
        server.answer_always(path, answer)


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    file = tmp_path / "question.wav"
    write(file, question("what time is it"))
    return file


def run(data: Path, *words: str | Path, env: dict[str, str]) -> str:
    """Run a command to its end; return all it said, tracebacks of ``--debug`` among it."""
    command = [sys.executable, "-m", "voiceapp", *map(str, words), "--data-dir", str(data)]
    done = subprocess.run(command, env=environment(env), capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def ask(folder: Path, asked: Path, env: dict[str, str], *common: str) -> str:
    """Let a provider hear, answer and speak; return what was said."""
    words: list[str | Path] = ["ask", asked, "--out", folder / "reply.wav", "--trace", folder / "ask.trace", *common]
    return run(folder / "data", *words, "--debug", env=env)


def test_a_key_from_the_environment(tmp_path: Path, asked: Path, openai_server: LoopbackServer) -> None:
    env = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": openai_server.base_url}
    said = ask(tmp_path, asked, env)
    for words in (("transcribe", str(asked)), ("providers", "test", "openai"), ("doctor",)):
        said += run(tmp_path / "data", *words, "--json", "--debug", env=env)
    for status, code in ((401, "invalid_api_key"), (500, "server_error"), (400, "odd")):
        parroting(openai_server, status, code)
        said += ask(tmp_path, asked, env)
    said += run(tmp_path / "data", "models", "--provider", "openai", "--debug", env=env)
    assert any(request.headers.get("authorization") == f"Bearer {KEY}" for request in openai_server.requests)
    assert not any(form.decode("latin-1") in said for form in forms(KEY))
    assert places_of(KEY, tmp_path) == []


def test_a_key_that_was_stored(tmp_path: Path, asked: Path, openai_server: LoopbackServer) -> None:
    address = ("--base-url", openai_server.base_url, "--key")
    added = voiceapp(tmp_path / "data", "providers", "add", "shed", *address, stdin=STORED + "\n")
    assert added.code == 0
    said = ask(tmp_path, asked, {}, "--provider", "shed")
    parroting(openai_server, 401, "invalid_api_key")
    said += ask(tmp_path, asked, {}, "--provider", "shed")
    said += run(tmp_path / "data", "providers", "test", "shed", "--debug", env={})
    assert any(request.headers.get("authorization") == f"Bearer {STORED}" for request in openai_server.requests)
    assert not any(form.decode("latin-1") in said for form in forms(STORED))
    assert places_of(STORED, tmp_path) == ["data/config/keys.secret.json"]
    assert (tmp_path / "data" / "config" / "keys.secret.json").stat().st_mode & 0o077 == 0


def test_a_crash_in_the_middle_of_a_request(tmp_path: Path, openai_server: LoopbackServer) -> None:
    for path in ("/chat/completions", "/responses"):
        openai_server.answer_always(path, faults.never())
    env = environment({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": openai_server.base_url})
    words = ["ask", "--text", "Hi", "--silent", "--debug", "--trace", str(tmp_path / "x.trace")]
    command = [sys.executable, "-m", "voiceapp", *words, "--data-dir", str(tmp_path / "data")]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path.cwd())
    openai_server.wait_until(
        lambda: bool(openai_server.requests_for("/responses") + openai_server.requests_for("/chat/completions")), 30.0
    )
    process.send_signal(signal.SIGABRT)
    out, err = process.communicate(timeout=30)
    crash = (tmp_path / "data" / "logs" / "crash.txt").read_text()
    assert "Fatal Python error: Aborted" in crash
    assert not any(form in out + err for form in forms(KEY))
    assert places_of(KEY, tmp_path) == []

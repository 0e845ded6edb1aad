"""Questions about pictures and files, asked in the terminal."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from tests.cli.terminal import Terminal
from tests.pdfs import pdf
from tests.pictures import png
from tests.server.loopback import LoopbackServer
from tests.server.script import ModerationScript
from tests.spoken import RATE_HZ, spoken
from voiceapp.core.moderation import Action, Policy, Rule
from voiceapp.core.settings import Settings
from voiceapp.paths import Paths
from voiceapp.store.settings_file import SettingsFile


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "tower.png"
    path.write_bytes(png(3000, 1500))
    return path


def test_a_picture_and_a_text_go_with_the_question(
    connected: Terminal, openai_server: LoopbackServer, picture: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("The tower was built in 1889.", encoding="utf-8")

    words = ("--image", picture, "--file", notes, "--text", "Which tower is this?")
    done = connected.run("ask", *words, "--silent", "--json")

    assert (done.code, done.err) == (0, "")
    first, second = done.events("attached")
    assert (first["name"], first["kind"], first["width"], first["height"]) == ("tower.png", "picture", 2048, 1024)
    assert first["tokens"] == 64 * 32
    assert 0 < first["cost_usd"] < 0.001
    assert second["kind"] == "text"
    (request,) = openai_server.requests_for("/chat/completions")
    asked, shown, read = request.json["messages"][-1]["content"]
    assert asked == {"type": "text", "text": "Which tower is this?"}
    assert shown["image_url"]["url"].startswith("data:image/png;base64,")
    assert base64.b64decode(shown["image_url"]["url"].partition(",")[2])[16:24] == bytes.fromhex("0000080000000400")
    assert "built in 1889" in read["text"]


def test_a_spoken_question_carries_it_too(
    connected: Terminal, openai_server: LoopbackServer, picture: Path, tmp_path: Path
) -> None:
    question = tmp_path / "question.wav"
    soundfile.write(question, spoken("what is on this picture", "kal16"), RATE_HZ)
    assert connected.run("ask", question, "--image", picture, "--silent").code == 0
    (request,) = openai_server.requests_for("/chat/completions")
    assert [part["type"] for part in request.json["messages"][-1]["content"]] == ["text", "image_url"]


@pytest.mark.parametrize("flagged", ["picture", "text", "pdf", "nothing"])
def test_what_goes_along_is_checked_before_it_is_sent(
    connected: Terminal, openai_server: LoopbackServer, picture: Path, tmp_path: Path, flagged: str
) -> None:
    rules = replace(Settings(), moderation=Policy(input=Rule(Action.BLOCK)))
    SettingsFile(Paths.below(connected.data).settings_file).save(rules)
    image = ("violence/graphic",) if flagged == "picture" else ()
    openai_server.script.moderation = ModerationScript(words={"axe": ("violence",)}, image=image)
    notes, book = tmp_path / "notes.txt", tmp_path / "book.pdf"
    notes.write_text("He raises the axe." if flagged == "text" else "A calm sea.", encoding="utf-8")
    book.write_bytes(pdf("He raises the axe." if flagged == "pdf" else "A calm sea."))

    files = ("--image", picture, "--file", notes, "--file", book)
    done = connected.run("ask", *files, "--text", "Which tower is this?", "--silent", "--json")

    judged = [one["input"] for one in (request.json for request in openai_server.requests_for("/moderations"))]
    assert "Which tower is this?" in judged
    (shown,) = [one[0] for one in judged if isinstance(one, list)]
    assert shown["image_url"]["url"].startswith("data:image/png;base64,")
    assert openai_server.violations == []
    asked = openai_server.requests_for("/chat/completions")
    if flagged == "nothing":
        assert (done.code, len(asked)) == (0, 1)
        return
    name = {"picture": "tower.png", "text": "notes.txt", "pdf": "book.pdf"}[flagged]
    assert done.code == 1
    assert asked == []
    assert f"Not sent because of “{name}”" in done.err
    assert [draft["text"] for draft in done.events("draft")] == ["Which tower is this?"]


@pytest.mark.parametrize(
    ("option", "name", "data", "complaint"),
    [
        ("--image", "notes.png", b"these are words", "voiceapp: “notes.png” is not a picture"),
        ("--image", "notes.txt", b"these are words", "voiceapp: “notes.txt” is not a picture"),
        ("--file", "nothing.txt", b"", "voiceapp: “nothing.txt” is empty."),
        ("--file", "program", b"\x7fELF\0\0\0", "voiceapp: “program” cannot be attached."),
        ("--image", "torn.png", png(40, 40)[:60], "voiceapp: “torn.png” is damaged"),
    ],
)
def test_what_cannot_be_attached_is_said_and_nothing_is_asked(
    connected: Terminal,
    openai_server: LoopbackServer,
    tmp_path: Path,
    option: str,
    name: str,
    data: bytes,
    complaint: str,
) -> None:
    (tmp_path / name).write_bytes(data)
    done = connected.run("ask", option, tmp_path / name, "--text", "What is it?", "--silent")
    assert done.code == 1
    assert done.complaint.startswith(complaint)
    assert openai_server.requests_for("/chat/completions") == []


def test_without_a_model_it_says_that_it_cannot_see(terminal: Terminal, picture: Path) -> None:
    done = terminal.run("ask", "--image", picture, "--text", "What is this?", "--silent")
    assert (done.code, done.err) == (0, "")
    assert "cannot look at pictures" in done.out

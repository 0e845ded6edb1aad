"""``voiceapp moderate`` as a process."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

from tests.cli.terminal import Terminal
from tests.server import faults
from tests.server.loopback import LoopbackServer
from tests.server.media_answers import ONE_PIXEL_PNG
from tests.server.script import ModerationScript, Script


def test_a_text_is_judged(connected: Terminal, openai_server: LoopbackServer) -> None:
    fine = connected.run("moderate", "Good morning.")
    assert (fine.code, fine.err) == (0, "")
    assert fine.out.startswith("Nothing is too much.")
    openai_server.script = Script(moderation=ModerationScript(words={"axe": ("violence", "violence/graphic")}))
    done = connected.run("moderate", "He raises the axe.")
    assert (done.code, done.err) == (3, "")
    assert "! Violence, graphic" in done.out
    assert "0.90" in done.out
    told = connected.run("moderate", "He raises the axe.", "--json")
    (verdict,) = told.events("verdict")
    assert told.code == 3
    assert verdict["exceeded"] == ["violence", "violence/graphic"]
    assert verdict["category_scores"]["violence"] == 0.9
    assert openai_server.violations == []


def test_checks_are_counted_and_cost_nothing(connected: Terminal, openai_server: LoopbackServer) -> None:
    connected.run("moderate", "-", typed="one\ntwo\n\nthree\n")
    connected.run("moderate", "-", typed="one\ntwo\n\nthree\n")  # kept from before: nothing is sent
    assert len(openai_server.requests_for("/moderations")) == 1
    told = connected.run("usage", "--by", "job", "--json")
    (line,) = told.events("usage")
    assert (line["name"], line["amounts"], line["cost_usd"]) == ("moderation", {"checks": 6.0}, 0)
    assert "6 checks" in connected.run("usage", "--by", "job").out


def test_the_passage_is_named(connected: Terminal, openai_server: LoopbackServer) -> None:
    openai_server.script = Script(moderation=ModerationScript(words={"axe": ("violence",)}))
    text = "It is a calm day at sea. " * 40 + "He raises the axe."
    done = connected.run("moderate", text)
    assert "“" in done.out
    assert "He raises the axe." in done.out


def test_lines_of_a_file_go_in_batches(connected: Terminal, openai_server: LoopbackServer, tmp_path: Path) -> None:
    openai_server.script = Script(moderation=ModerationScript(words={"axe": ("violence",)}))
    lines = [f"Line {n}" for n in range(1, 101)]
    lines[41], lines[50] = "the axe", ""
    (tmp_path / "lines.txt").write_text("\n".join(lines))
    done = connected.run("moderate", tmp_path / "lines.txt", "--json")
    assert done.code == 3
    assert [event["line"] for event in done.events("verdict") if event["flagged"]] == [42]
    assert done.events("summary") == [{"event": "summary", "lines": 99, "flagged": 1}]
    assert [len(r.json["input"]) for r in openai_server.requests_for("/moderations")] == [32, 32, 32, 3]
    plain = connected.run("moderate", "-", typed="\n".join(lines))
    assert (plain.code, plain.err) == (3, "")
    assert plain.out.splitlines() == ["42: Violence 0.90: the axe", "1 of 99 lines is too much."]


def test_a_terminal_sees_a_progress_bar(connected: Terminal, openai_server: LoopbackServer, tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("\n".join(map(str, range(70))))
    shown, end = pty.openpty()
    command = connected.command("moderate", tmp_path / "lines.txt")
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=end, env=connected.clean_environ(), timeout=60, check=False
    )
    os.close(end)
    written = os.read(shown, 65_536).decode()
    os.close(shown)
    assert done.returncode == 0
    assert "0/70 checked" in written
    assert "70/70 checked" in written
    assert done.stdout.decode() == "0 of 70 lines are too much.\n"


def test_a_picture_is_judged(connected: Terminal, openai_server: LoopbackServer, tmp_path: Path) -> None:
    openai_server.script = Script(moderation=ModerationScript(image=("sexual",)))
    (tmp_path / "a.png").write_bytes(ONE_PIXEL_PNG)
    done = connected.run("moderate", "--image", tmp_path / "a.png", "--json")
    assert done.code == 3
    assert done.events("verdict")[0]["file"] == "a.png"
    (tmp_path / "a.txt").write_text("words")
    wrong = connected.run("moderate", "--image", tmp_path / "a.txt")
    assert (wrong.code, "a.txt" in wrong.complaint) == (2, True)
    assert openai_server.violations == []


def test_without_a_provider_it_says_what_it_needs(terminal: Terminal) -> None:
    done = terminal.run("moderate", "Good morning.")
    assert (done.code, done.out) == (2, "")
    assert "needs a provider" in done.complaint


def test_failures_and_wrong_usage(connected: Terminal, openai_server: LoopbackServer) -> None:
    openai_server.answer_next("/moderations", faults.error(401, code="invalid_api_key"))
    failed = connected.run("moderate", "Good morning.")
    assert (failed.code, "key" in failed.complaint) == (1, True)
    assert connected.run("moderate").code == 2
    assert connected.run("moderate", " ").code == 2

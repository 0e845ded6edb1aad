"""Tools, notes and clean-up from the terminal, as real processes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript, ToolCallScript

NOTED = {"title": "Boats", "summary": "We spoke.", "decisions": ["Buy one."], "actions": []}


def test_every_tool_is_listed_with_permission_and_source(terminal: Terminal) -> None:
    done = terminal.run("tools", "--json")
    rows = {row["name"]: row for row in done.events("tool")}
    assert rows["calculate"]["permission"] == "always"
    assert rows["open_link_or_file"]["permission"] == "ask"
    assert rows["read_clipboard"]["source"] == "voiceapp"
    assert all(row["touches"] and row["description"] for row in rows.values())


def test_decisions_servers_and_files_are_stored(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal.run("tools", "permit", "calculate", "never").code == 0
    assert terminal.run("tools", "share", str(tmp_path)).code == 0
    added = terminal.run("tools", "add", "shed", "--command", f"{sys.executable} -m tests.mcp.server")
    assert added.code == 0, added.err
    listed = terminal.run("tools", "list")
    assert "shed.add" in listed.out
    assert "shed: connected" in listed.out
    assert "calculate" in listed.out
    assert str(tmp_path) in listed.out
    assert terminal.run("tools", "remove", "shed").code == 0
    assert terminal.run("tools", "unshare", str(tmp_path)).code == 0
    left = terminal.run("tools", "list").out
    assert "shed" not in left
    assert str(tmp_path) not in left


@pytest.mark.parametrize(
    "words",
    [
        ("tools", "add", "Bad Name", "--url", "http://x/"),
        ("tools", "add", "empty"),
        ("tools", "add", "quote", "--command", "a 'b"),
        ("tools", "permit", "calculate"),
        ("tools", "permit", "calculator", "never"),
        ("tools", "share"),
        ("tools", "remove", "nobody"),
        ("tools", "share", "/no/such/place"),
        ("notes",),
        ("clean", "/no/such/file"),
    ],
)
def test_wrong_usage_says_so(terminal: Terminal, words: tuple[str, ...]) -> None:
    done = terminal.run(*words)
    assert done.code == 2
    assert done.err.strip()


def test_ask_refuses_what_was_not_allowed_and_says_how_to(connected: Terminal, openai_server: LoopbackServer) -> None:
    call = ToolCallScript("open_link_or_file", '{"target": "https://example.org"}')
    openai_server.script.chat = ChatScript((), tool_calls=(call,), finish="tool_calls")
    done = connected.run("ask", "--text", "Open it.", "--silent", "--json", "--provider", "openai")
    (asked, *_more) = done.events("permission_asked")
    assert asked["tool"] == "open_link_or_file"
    assert any("--allow open_link_or_file" in notice["message"] for notice in done.events("notice"))
    assert all(event["is_error"] for event in done.events("tool"))


def test_ask_runs_what_was_allowed(connected: Terminal, openai_server: LoopbackServer, tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("the red boat")
    assert connected.run("tools", "share", str(tmp_path)).code == 0
    call = ToolCallScript("read_local_file", json.dumps({"path": str(tmp_path / "plan.txt")}))
    openai_server.script.chat = ChatScript((), tool_calls=(call,), finish="tool_calls")
    words = ("ask", "--text", "Read it.", "--silent", "--json", "--provider", "openai", "--allow", "read_local_file")
    done = connected.run(*words)
    assert not done.events("permission_asked")
    assert "the red boat" in done.events("tool")[0]["result"]
    assert "set_timer" not in json.dumps(openai_server.requests_for("/chat/completions")[0].json)


def test_notes_of_a_transcript(connected: Terminal, openai_server: LoopbackServer, tmp_path: Path) -> None:
    transcript = tmp_path / "meeting.srt"
    transcript.write_text("1\n00:00:01,000 --> 00:00:02,000\nAda: let us buy a boat\n")
    openai_server.script.chat = ChatScript((json.dumps(NOTED),))
    done = connected.run("notes", str(transcript), "--provider", "openai")
    assert done.out.startswith("# Boats\n\nWe spoke.\n\n## Decisions\n\n- Buy one.")
    sent = openai_server.requests_for("/chat/completions")[0].json
    assert sent["messages"][-1]["content"] == "Ada: let us buy a boat"
    assert json.loads(connected.run("notes", str(transcript), "--provider", "openai", "--json").out) == NOTED
    local = connected.run("notes", str(transcript), "--provider", "local")
    assert local.code == 2
    assert "needs a language model" in local.err


def test_a_cleaned_dictation_that_lost_words_is_delivered_raw(
    connected: Terminal, openai_server: LoopbackServer, tmp_path: Path
) -> None:
    dictation = tmp_path / "dictation.txt"
    dictation.write_text("um we should buy the red boat and and paint it blue before winter")
    better = "We should buy the red boat and paint it blue before winter."
    openai_server.script.chat = ChatScript((json.dumps({"text": better}),))
    assert connected.run("clean", str(dictation), "--provider", "openai").out.strip() == better
    openai_server.script.chat = ChatScript((json.dumps({"text": "Buy a boat."}),))
    done = connected.run("clean", str(dictation), "--provider", "openai")
    assert done.out.strip() == dictation.read_text()
    assert "left out words" in done.err

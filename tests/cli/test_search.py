"""``voiceapp search``, ``ask --notes`` and ``batch`` as real processes."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.cli.terminal import KEY, Terminal
from tests.server.batch_script import BatchScript
from tests.server.loopback import LoopbackServer
from tests.server.script import ChatScript


def told(terminal: Terminal, *texts: str) -> None:
    for text in texts:
        assert terminal.run("ask", "--text", text, "--silent").code == 0


def test_words_are_found_with_their_place(terminal: Terminal) -> None:
    told(terminal, "The boiler rattles.")
    done = terminal.run("search", "boiler", "--text", "--json")
    first = done.events("found")[0]
    assert done.code == 0
    assert (first["text"], first["address"], first["is_by_text"]) == (
        "The boiler rattles.",
        "voiceapp:message/1/1",
        True,
    )
    assert "boiler" in terminal.run("search", "boiler", "--text").out
    assert terminal.run("search", "zeppelin", "--text").code == 1


def test_a_provider_judges_meaning_when_it_is_named(connected: Terminal, openai_server: LoopbackServer) -> None:
    told(connected, "The boiler rattles loudly.")
    assert openai_server.requests_for("/embeddings") == []
    done = connected.run("search", "rattles loudly", "--semantic", "--provider", "openai", "--json")
    assert done.events("found")[0]["is_by_meaning"] is True
    assert openai_server.requests_for("/embeddings") != []
    assert openai_server.violations == []


def test_meaning_is_not_paid_for_once_the_budget_is_spent(connected: Terminal, openai_server: LoopbackServer) -> None:
    told(connected, "The boiler rattles loudly.")
    connected.run("usage", "--budget", "0")
    words = ("search", "rattles", "--provider", "openai", "--json")
    refused = connected.run(*words, "--semantic")
    assert (refused.code, "--over-budget" in refused.err + refused.out) == (1, True)
    by_words = connected.run(*words)
    assert (by_words.code, by_words.events("found")[0]["is_by_meaning"]) == (0, False)
    assert openai_server.requests_for("/embeddings") == []
    paid = connected.run(*words, "--semantic", "--over-budget")
    (estimate,) = paid.events("estimate")
    assert (estimate["texts"], estimate["tokens"] > 0, estimate["cost_usd"] > 0) == (2, True, True)
    assert paid.events("found")[0]["is_by_meaning"] is True
    assert "embeddings" in [used["name"] for used in connected.run("usage", "--by", "job", "--json").events("usage")]


def test_notes_are_answered_with_their_sources(connected: Terminal, openai_server: LoopbackServer) -> None:
    told(connected, "The plumber comes on Friday.")
    openai_server.script.chat = ChatScript(tokens=("On", " Friday", " [1]", "."))
    done = connected.run("ask", "--notes", "When does the plumber come?", "--silent", "--json")
    assert done.code == 0
    assert done.events("reply")[0]["text"] == "On Friday [\\[1\\]](voiceapp:message/1/1)."
    assert done.events("found")[0]["text"] == "The plumber comes on Friday."
    asked = openai_server.requests_for("/chat/completions")[-1].json
    assert "The plumber comes on Friday." in asked["messages"][0]["content"]
    assert openai_server.violations == []


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    folder = tmp_path / "talks"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(f"This is talk number {number} about the boiler.")
    return folder


def test_a_batch_from_start_to_results(connected: Terminal, openai_server: LoopbackServer, talks: Path) -> None:
    estimate = connected.run("batch", "start", talks, "--job", "title", "--estimate", "--provider", "openai", "--json")
    assert estimate.events("estimate")[0]["lines"] == 3
    assert openai_server.requests_for("/files") == []
    started = connected.run("batch", "start", talks, "--job", "title", "--provider", "openai", "--json")
    assert [event["state"] for event in started.events("batch")] == ["running"]
    states = [connected.run("batch", "status", "--json").events("batch")[0] for _ in range(2)]
    assert [state["state"] for state in states] == ["running", "done"]
    lines = connected.run("batch", "results", "1", "--json").events("line")
    assert [line["state"] for line in lines] == ["done"] * 3
    assert (talks / "0.title.txt").read_text() == "Result: This is talk number 0 about the boiler\n"
    (used,) = connected.run("usage", "--by", "job", "--json").events("usage")
    assert (used["name"], used["amounts"]) == ("chat", {"text_in": 300.0, "text_out": 60.0})
    assert used["cost_usd"] == pytest.approx(0.5 * (300 * 0.1 + 60 * 0.5) / 1e6)
    assert openai_server.violations == []


def test_no_batch_begins_once_the_budget_is_spent(
    connected: Terminal, openai_server: LoopbackServer, talks: Path
) -> None:
    connected.run("usage", "--budget", "0")
    done = connected.run("batch", "start", talks, "--provider", "openai")
    assert done.code == 1
    assert "budget" in done.complaint
    assert openai_server.requests_for("/files") == []
    assert connected.run("batch", "start", talks, "--provider", "openai", "--over-budget").code == 0


def test_a_batch_goes_on_after_its_process_was_killed(
    connected: Terminal, openai_server: LoopbackServer, talks: Path
) -> None:
    openai_server.script.batch = BatchScript(looks=10_000)
    process = connected.start("batch", "start", talks, "--wait", "--provider", "openai", "--json")
    assert process.stdout is not None
    while json.loads(process.stdout.readline()).get("state") != "running":
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    openai_server.script.batch = BatchScript(looks=0)
    (state,) = connected.run("batch", "status", "--json").events("batch")
    assert (state["state"], state["done"]) == ("done", 3)
    assert len(openai_server.batches.batches) == 1
    assert sorted(path.name for path in talks.glob("*.md")) == [f"{number}.summary.md" for number in range(3)]


def test_nothing_that_a_batch_leaves_holds_the_key(connected: Terminal, talks: Path) -> None:
    connected.run("batch", "start", talks, "--provider", "openai")
    connected.run("batch", "status", "--debug")
    left = [path for path in connected.data.parent.rglob("*") if path.is_file()]
    assert left
    assert not [path for path in left if KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize("words", [("batch", "results"), ("batch", "cancel", "x"), ("batch", "start"), ("search", " ")])
def test_wrong_use_is_one_line(terminal: Terminal, words: tuple[str, ...]) -> None:
    done = terminal.run(*words)
    assert done.code == 2
    assert done.complaint

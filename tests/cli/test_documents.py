"""``voiceapp stores``, ``voiceapp files``, and ``voiceapp ask`` with the service's own tools, as real processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import Terminal
from tests.server import hosted_items
from tests.server.loopback import LoopbackServer
from voiceapp.cli import main


@pytest.fixture
def responses(connected: Terminal, openai_server: LoopbackServer) -> Terminal:
    """Somebody whose provider is spoken to by Responses."""
    openai_server.documents.looks = 0  # indexed at the first look
    connected.data.mkdir(parents=True, exist_ok=True)
    config = connected.data / "config" / "settings.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(
        f"""
[[providers]]
name = "openai"
kind = "openai"
base_url = "{openai_server.base_url}"
chat_api = "responses"

[jobs.chat]
provider = "openai"
""",
        encoding="utf-8",
    )
    del connected.environ["OPENAI_BASE_URL"]
    return connected


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "boiler.md").write_text("Bleed it in May.")
    (folder / "lease.txt").write_text("No pets.")
    return folder


def test_a_store_from_its_making_to_its_end(
    responses: Terminal,
    papers: Path,
    openai_server: LoopbackServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In this process: seven commands as processes would take seven times as long."""
    monkeypatch.setenv("OPENAI_API_KEY", responses.environ["OPENAI_API_KEY"])

    def run(*words: str | Path) -> tuple[int, list[dict[str, Any]]]:
        code = main([*map(str, words), "--json", "--data-dir", str(responses.data)])
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    openai_server.documents.failing = {"lease.txt": "unsupported_file"}
    code, events = run("stores", "make", "Papers", papers)
    assert code == 1  # one of them failed
    progress = [one for one in events if one["event"] == "progress"]
    assert {one["document"]: one["state"] for one in progress} == {"boiler.md": "ready", "lease.txt": "failed"}
    assert (events[-1]["name"], events[-1]["documents"], events[-1]["ready"]) == ("Papers", 2, 1)
    openai_server.documents.failing = {}
    assert run("stores", "retry", "papers")[0] == 0
    _code, (_store, *listed) = run("files", "list", "Papers")
    assert [(one["name"], one["state"]) for one in listed] == [("boiler.md", "ready"), ("lease.txt", "ready")]
    assert run("files", "remove", str(listed[1]["id"])) == (0, [{"event": "removed", "id": listed[1]["id"]}])
    assert [one["ready"] for one in run("stores")[1]] == [1]
    assert run("stores", "add", "Nothing", papers)[0] == 2
    assert run("stores", "remove", "1")[0] == 0
    assert openai_server.documents.files == {}
    assert openai_server.documents.stores == {}
    assert (papers / "boiler.md").exists()


def test_nothing_is_uploaded_once_the_budget_is_spent(
    responses: Terminal, papers: Path, openai_server: LoopbackServer
) -> None:
    responses.run("usage", "--budget", "0")
    refused = responses.run("stores", "make", "Papers", papers)
    assert (refused.code, "budget" in refused.complaint) == (1, True)
    assert "No stores" in responses.run("stores").out  # a second try makes no second store
    assert openai_server.documents.files == {}
    assert responses.run("stores", "make", "Papers", papers, "--over-budget").code == 0
    assert len(openai_server.documents.files) == 2
    assert responses.run("files", "add", "Papers", papers).code == 1


def test_a_question_with_all_three(
    responses: Terminal, papers: Path, tmp_path: Path, openai_server: LoopbackServer
) -> None:
    assert responses.run("stores", "make", "Papers", papers).code == 0
    openai_server.script.chat = hosted_items.ALL
    openai_server.documents.made["cntr_1", "cfile_1"] = b"PNG"
    out = tmp_path / "out"
    out.mkdir()
    words = ("--text", "When?", "--silent", "--web", "--code", "--files", "Papers", "--save-to", out, "--effort", "low")
    done = responses.run("ask", *words, "--json")
    assert done.code == 0, done.err
    sent = openai_server.requests_for("/responses")[0].json
    hosted = [tool for tool in sent["tools"] if tool["type"] != "function"]
    assert [tool["type"] for tool in hosted] == ["web_search", "file_search", "code_interpreter"]
    assert hosted[1]["vector_store_ids"] == list(openai_server.documents.stores)
    assert sent["reasoning"] == {"effort": "low"}
    assert sent["store"] is False
    assert [event["name"] for event in done.events("tool_running")] == [tool["type"] for tool in hosted]
    sources = done.events("source")
    assert [source["kind"] for source in sources] == ["page", "document", "made"]
    assert (out / "plot.png").read_bytes() == b"PNG"


def test_what_is_not_offered_is_said_before_anything_is_sent(
    responses: Terminal, openai_server: LoopbackServer
) -> None:
    done = responses.run("ask", "--text", "When?", "--silent", "--web", "--provider", "local")
    assert done.code == 2
    assert "does not offer web_search" in done.complaint
    assert openai_server.requests == []


def test_talking_tells_the_sources_of_each_answer(responses: Terminal, openai_server: LoopbackServer) -> None:
    openai_server.script.chat = hosted_items.ALL
    done = responses.run("talk", "--silent", "--web", typed="When is high water?\nAnd then?\n")
    assert done.code == 0, done.err
    assert done.out.count("[1] Tides in Brest  https://tides.example/brest") == 2
    assert done.err.count("Searching the web") == 2
    tools = [request.json.get("tools", []) for request in openai_server.requests_for("/responses")]
    asked = [one for one in tools if one]  # the conversation's title is asked for without any
    assert [{"type": "web_search"} in one for one in asked] == [True, True]

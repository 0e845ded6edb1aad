"""``voiceapp providers`` and ``voiceapp models`` as real processes."""

from __future__ import annotations

import json
import sys

import pytest

from tests.cli.terminal import KEY, Terminal
from tests.server import faults
from tests.server.loopback import LoopbackServer

SHED_KEY = "sk-shed-7d1c0b55aa8e4f90"


def test_a_provider_is_added_tested_and_removed(terminal: Terminal, openai_server: LoopbackServer) -> None:
    address = openai_server.base_url + "/chat/completions"
    added = terminal.run("providers", "add", "shed", "--base-url", address, "--key", typed=SHED_KEY + "\n")
    assert (added.code, SHED_KEY in added.out) == (0, False)
    listed = {line["name"]: line for line in terminal.run("providers", "--json").events("provider")}
    assert listed["shed"]["base_url"] == address
    tested = terminal.run("providers", "test", "shed", "--json")
    jobs = {line["job"]: line for line in tested.events("job")}
    assert tested.code == 0
    assert jobs["chat"]["standing"] == "works"
    assert jobs["chat"]["latency_ms"] > 0
    assert jobs["images"]["standing"] == "not_tried"
    assert "costs money" in jobs["images"]["sentence"]
    assert {request.headers["authorization"] for request in openai_server.requests} == {f"Bearer {SHED_KEY}"}
    assert terminal.run("providers", "remove", "shed").code == 0
    assert [line["name"] for line in terminal.run("providers", "--json").events("provider")] == ["local", "openai"]
    assert not any(SHED_KEY.encode() in file.read_bytes() for file in terminal.data.rglob("*") if file.is_file())


def test_azure_names_its_deployments(terminal: Terminal, openai_server: LoopbackServer) -> None:
    base = openai_server.base_url.removesuffix("/v1")
    path = "/openai/deployments/mine/chat/completions"
    openai_server.answer_always(path, openai_server.usual("/chat/completions"))
    words = ("--azure", "--base-url", base, "--api-version", "2025-04-01-preview", "--deployment", "chat=mine", "--key")
    assert terminal.run("providers", "add", "work", *words, typed="azure-key-0123456789\n").code == 0
    openai_server.answer_always("/openai/models", faults.error(404))
    for other in ("gpt-transcribe/audio/transcriptions", "gpt-4o-mini-tts/audio/speech", "x/moderations"):
        openai_server.answer_always(f"/openai/deployments/{other}", faults.error(404, code="DeploymentNotFound"))
    openai_server.answer_always("/openai/moderations", faults.error(404))
    embeddings = "/openai/deployments/text-embedding-3-small/embeddings"
    openai_server.answer_always(embeddings, faults.error(404, code="DeploymentNotFound"))
    tested = terminal.run("providers", "test", "work", "--json")
    assert next(line for line in tested.events("job") if line["job"] == "chat")["standing"] == "works"
    (request,) = (request for request in openai_server.requests if request.path == path)
    assert request.query == "api-version=2025-04-01-preview"


@pytest.mark.parametrize(
    "words",
    [
        ("test", "nobody"),
        ("add", "shed"),
        ("add", "openai", "--base-url", "http://localhost:1/v1"),
        ("add", "shed", "--base-url", "http://localhost:1/v1", "--path", "images"),
        ("add", "shed", "--base-url", "http://localhost:1/v1", "--path", "cooking=/x"),
        ("add", "shed", "--base-url", "ftp://localhost/v1"),
        ("add", "shed", "--base-url", "http://me:secret@localhost/v1"),
        ("remove", "openai"),
        ("remove",),
    ],
)
def test_what_cannot_be_is_said_in_one_line(terminal: Terminal, words: tuple[str, ...]) -> None:
    done = terminal.run("providers", *words)
    assert done.code == 2
    assert done.complaint.startswith("voiceapp: ")


def test_a_job_in_use_that_fails_is_a_failure(connected: Terminal, openai_server: LoopbackServer) -> None:
    openai_server.answer_always("/audio/speech", faults.error(500))
    done = connected.run("providers", "test", "openai")
    assert done.code == 1
    assert "fails" in done.out
    openai_server.answer_always("/models", faults.error(401, code="invalid_api_key"))
    wrong = connected.run("providers", "test", "openai")
    assert wrong.code == 1
    assert "did not accept the key ending in" in wrong.complaint
    assert KEY not in wrong.complaint


def test_models_of_the_table(terminal: Terminal) -> None:
    lines = terminal.run("models", "--job", "speech", "--json").events("model")
    speech = {line["id"]: line for line in lines}
    assert speech["gpt-4o-mini-tts"]["ends"] == "2027-01-06"
    assert speech["gpt-4o-mini-tts"]["prices"]
    assert "prices" not in speech["tts-1"]  # unknown, not 0
    everything = terminal.run("models", "--all", "--json").events("model")
    assert len(everything) > len(terminal.run("models", "--json").events("model"))


def test_models_that_the_provider_lists_with_tuned_ones_and_ends(
    connected: Terminal, openai_server: LoopbackServer
) -> None:
    openai_server.script.models = ("gpt-6-luna", "ft:gpt-4o-mini-2024-07-18:acme::x1")
    lines = connected.run("models", "--provider", "openai", "--job", "chat", "--json").events("model")
    tuned, luna = lines
    assert tuned["id"].startswith("ft:")
    assert "prices" not in tuned
    assert luna["prices"]["text_in"] > 0


def test_an_own_table_counts(terminal: Terminal) -> None:
    (terminal.data / "config").mkdir(parents=True)
    rows = [{"id": "my-model", "jobs": ["chat"], "prices": {"text_in": 0.5}, "default_for": ["chat"]}]
    (terminal.data / "config" / "models.json").write_text(json.dumps({"models": rows}))
    first = terminal.run("models", "--job", "chat", "--json").events("model")[0]
    assert (first["id"], first["default_for"]) == ("my-model", ["chat"])


def test_another_provider_takes_a_question_over_and_it_is_told(
    connected: Terminal, openai_server: LoopbackServer
) -> None:
    openai_server.answer_always("/responses", faults.error(429, code="insufficient_quota"))
    openai_server.answer_always("/chat/completions", faults.error(429, code="insufficient_quota"))
    config = connected.data / "config"
    config.mkdir(parents=True)
    (config / "settings.toml").write_text('fallbacks = ["local"]\n')
    done = connected.run("ask", "--text", "what time is it", "--silent")
    assert done.code == 0
    assert done.out.strip()
    assert "no credit left" in done.err
    assert "took over" in done.err


def test_a_key_can_come_from_a_command(terminal: Terminal, openai_server: LoopbackServer) -> None:
    command = f'"{sys.executable}" -c "print(\'{SHED_KEY}\')"'
    words = ("providers", "add", "shed", "--base-url", openai_server.base_url, "--key-command", command)
    assert terminal.run(*words).code == 0
    tested = terminal.run("providers", "test", "shed", "--json", "--debug")
    assert {line["job"]: line["standing"] for line in tested.events("job")}["chat"] == "works"
    assert {request.headers["authorization"] for request in openai_server.requests} == {f"Bearer {SHED_KEY}"}
    log = "".join(path.read_text() for path in terminal.data.rglob("*.log"))
    assert SHED_KEY not in log


def test_who_remembers_is_set_in_plain_words(terminal: Terminal) -> None:
    done = terminal.run("providers", "set", "openai", "--memory", "held")
    assert done.code == 0
    assert "30 days" in done.out
    assert 'memory = "held"' in next(terminal.data.rglob("settings.toml")).read_text(encoding="utf-8")
    assert terminal.run("providers", "set", "local", "--memory", "held").code == 2

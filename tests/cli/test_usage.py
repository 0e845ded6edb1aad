"""``voiceapp usage`` and the budget as a person in a terminal meets them, against the loopback server."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.terminal import Done, Terminal
from tests.server.chat_answers import USAGE
from tests.server.loopback import LoopbackServer

CACHED = USAGE["prompt_tokens_details"]["cached_tokens"]
CHAT_USD = (
    (USAGE["prompt_tokens"] - CACHED) * 0.1 + CACHED * 0.01 + USAGE["completion_tokens"] * 0.5
) / 1e6  # by the table's prices for its default model


def asked(terminal: Terminal, *more: str) -> Done:
    return terminal.run("ask", "--text", "hello", "--silent", "--json", *more)


def test_a_reply_is_kept_with_its_price_and_summed_up(connected: Terminal) -> None:
    done = asked(connected)
    assert done.code == 0
    (cost,) = done.events("cost")
    assert cost["cost_usd"] == pytest.approx(CHAT_USD, abs=1e-8)
    asked(connected)

    told = connected.run("usage", "--json", "--by", "model")
    (line,), (whole,) = told.events("usage"), told.events("usage_total")
    assert line["name"] == "openai gpt-6-luna"
    assert line["calls"] == 2
    assert line["amounts"]["text_in"] == 2 * USAGE["prompt_tokens"]
    assert whole["cost_usd"] == pytest.approx(2 * CHAT_USD, abs=1e-7)


@pytest.mark.parametrize("by", ["month", "conversation"])
def test_every_way_of_summing_up_says_the_same_sum(connected: Terminal, by: str) -> None:
    asked(connected)
    told = connected.run("usage", "--json", "--by", by)
    assert sum(line["cost_usd"] for line in told.events("usage")) == pytest.approx(CHAT_USD, abs=1e-8)
    for_people = connected.run("usage", "--by", by)
    assert (for_people.code, for_people.err) == (0, "")
    assert for_people.out.splitlines()[-1].startswith("Together")


def test_a_spoken_turn_has_all_three_jobs(connected: Terminal, question: Path, tmp_path: Path) -> None:
    connected.run("ask", question, "--out", tmp_path / "reply.wav")
    told = connected.run("usage", "--json", "--by", "job")
    lines = {line["name"]: line for line in told.events("usage")}
    assert set(lines) == {"transcription", "chat", "speech"}
    assert not lines["speech"]["is_estimate"]  # its events tell the tokens
    assert lines["speech"]["amounts"]["audio_out"] > 0
    assert lines["transcription"]["cost_usd"] == pytest.approx(
        lines["transcription"]["amounts"]["seconds"] * 7.5e-5, abs=1e-8
    )


def test_say_and_transcribe_come_to_the_same_log(connected: Terminal, question: Path, tmp_path: Path) -> None:
    assert connected.run("transcribe", question).code == 0
    assert connected.run("say", "Good day.", "--out", tmp_path / "said.wav").code == 0
    told = connected.run("usage", "--json", "--by", "job")
    assert {line["name"]: line["calls"] for line in told.events("usage")} == {"transcription": 1, "speech": 1}


def test_work_of_this_computer_is_free(terminal: Terminal) -> None:
    terminal.run("ask", "--text", "what is 6 times 7", "--silent")
    done = terminal.run("usage")
    assert (done.code, done.err) == (0, "")
    assert all("free" in line for line in done.out.splitlines())


def test_nothing_was_used(terminal: Terminal) -> None:
    assert terminal.run("usage", "--month", "2026-01").out == "Nothing was used in 2026-01.\n"
    assert terminal.run("usage", "--by", "month").out == "Nothing was used yet.\n"


@pytest.mark.parametrize("words", [["--month", "soon"], ["--budget", "much"], ["--budget", "-5"], ["--by", "colour"]])
def test_what_cannot_be_meant_is_said(terminal: Terminal, words: list[str]) -> None:
    done = terminal.run("usage", *words)
    assert done.code == 2
    assert done.err


def test_the_table_opens_in_a_spreadsheet(connected: Terminal, tmp_path: Path) -> None:
    asked(connected)
    path = tmp_path / "usage.csv"
    done = connected.run("usage", "--csv", path)
    assert (done.code, done.out) == (0, f"{path}\n")
    with path.open(encoding="utf-8-sig", newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["job"], line["provider"], line["model"]) == ("chat", "openai", "gpt-6-luna")
    assert float(line["cost_usd"]) == pytest.approx(CHAT_USD, abs=1e-8)
    assert connected.run("usage", "--csv", path / "usage.csv").code == 1  # a file is no folder


def test_over_budget_is_refused_with_the_way_out_named(connected: Terminal, openai_server: LoopbackServer) -> None:
    assert connected.run("usage", "--budget", "0").code == 0
    before = len(openai_server.requests)
    done = asked(connected)
    assert done.code == 1
    assert done.events("error")[0]["code"] == "over_budget"
    assert "--over-budget" in done.events("error")[0]["hint"]
    assert len(openai_server.requests) == before
    refused = connected.run("say", "Good day.", "--out", connected.data / "said.wav")
    assert refused.code == 1
    assert "--over-budget" in refused.complaint
    assert connected.run("say", "Good day.", "--out", connected.data / "said.wav", "--over-budget").code == 0
    assert asked(connected, "--over-budget").code == 0
    assert connected.run("usage", "--budget", "none").code == 0
    assert asked(connected).code == 0


def test_over_budget_a_take_is_kept_and_can_be_sent_later(connected: Terminal, question: Path) -> None:
    connected.run("usage", "--budget", "0")
    done = connected.run("ask", question, "--silent", "--json")
    assert done.code == 1
    (take,) = connected.run("takes", "--json").events("take")
    again = connected.run("takes", "retry", str(take["id"]), "--silent", "--over-budget", "--json")
    assert again.code == 0
    assert again.events("reply")


def test_what_this_computer_does_needs_no_budget(terminal: Terminal) -> None:
    terminal.run("usage", "--budget", "0")
    assert terminal.run("ask", "--text", "what is 6 times 7", "--silent").out.rstrip(".\n").endswith("42")


def test_a_large_job_says_before_what_it_will_cost(connected: Terminal, tmp_path: Path) -> None:
    import numpy as np
    import soundfile

    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(8000 * 660, dtype=np.int16), 8000)
    done = connected.run("transcribe", path)
    assert "11 min 0 s of sound, about $0.05" in done.err

"""The model table: the shipped one is sound, and look-ups say what is known and no more."""

from __future__ import annotations

from datetime import date

import pytest

from voiceapp.core.errors import ConfigError
from voiceapp.core.models import Model, ModelTable, merged, parse_models
from voiceapp.core.settings import Job
from voiceapp.core.speech import Usage
from voiceapp.resources import model_table

TODAY = date(2026, 11, 20)
TABLE = model_table()


@pytest.mark.parametrize("job", Job)
def test_every_job_has_one_default_that_lives_on(job: Job) -> None:
    defaults = [row for row in TABLE.rows if job.value in row.default_for]
    assert len(defaults) == 1
    assert job.value in defaults[0].jobs
    assert TABLE.default(job.value) == defaults[0].id
    assert defaults[0].ends is None or job is Job.SPEECH  # that endpoint has no model beyond 2027-01-06


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: row.id)
def test_each_row_is_reachable_and_its_successor_known(row: Model) -> None:
    assert TABLE.find(row.id.replace("*", "x")) is row, "an earlier pattern hides it"
    assert set(row.jobs) <= {job.value for job in Job}
    if row.replacement:
        successor = TABLE.find(row.replacement)
        assert set(successor.jobs) >= set(row.jobs)
        assert successor.ends is None or successor.ends > TODAY
    assert not row.accepts & row.refuses


@pytest.mark.parametrize(
    ("model", "successor"),
    [
        ("gpt-4o", "gpt-6-luna"),
        ("gpt-4o-mini-2024-07-18", "gpt-6-luna"),
        ("gpt-4o-mini-transcribe", "gpt-transcribe"),
        ("gpt-4o-realtime-preview", "gpt-realtime-2.1"),
        ("whisper-1", "gpt-transcribe"),
        ("gpt-image-1", "gpt-image-2.6-flare"),
        ("gpt-6-luna", ""),
        ("nobody-knows-it", ""),
    ],
)
def test_successors(model: str, successor: str) -> None:
    assert TABLE.replacement(model, TODAY) == successor


def test_chains_of_successors_skip_what_has_ended_and_end_in_circles() -> None:
    table = ModelTable((
        Model("a", replacement="b"), Model("b", ends=date(2026, 1, 1), replacement="c"), Model("c"),
        Model("x", replacement="y"), Model("y", ends=date(2026, 1, 1), replacement="x"),
    ))  # fmt: skip
    assert table.replacement("a", TODAY) == "c"
    assert table.replacement("a", date(2025, 1, 1)) == "b"
    assert table.replacement("y", TODAY) == "x"


def test_ending_is_announced_sixty_days_ahead() -> None:
    assert TABLE.is_ending("gpt-4o", date(2026, 11, 15))
    assert not TABLE.is_ending("gpt-4o", date(2026, 11, 14))
    assert TABLE.is_ending("dall-e-3", TODAY)
    assert not TABLE.is_ending("gpt-6-luna", TODAY)
    assert not TABLE.is_ending("nobody-knows-it", TODAY)


@pytest.mark.parametrize(
    ("model", "amounts", "cost"),
    [
        ("gpt-6-luna", {"text_in": 1e5, "text_out": 1e5}, 0.060),
        ("gpt-6-luna", {"text_in": 1e5, "text_cached": 9e4, "text_out": 0.0, "reasoning_out": 7.0}, 0.0019),
        ("gpt-6-luna", {"text_in": 1e5, "text_cached": 4e4, "text_cache_write": 5e4}, 0.001 + 0.0004 + 0.00625),
        ("gpt-6-luna", {"text_in": 272_000.0, "text_out": 1e5}, 0.0272 + 0.05),
        ("gpt-6-luna", {"text_in": 272_001.0, "text_out": 1e5}, 2 * 0.0272001 + 1.5 * 0.05),  # the long request
        ("gpt-6-luna", {"text_in": 3e5, "text_cached": 3e5, "text_out": 0.0}, 2 * 0.003),
        ("gpt-6-luna", {"text_in": 10.0, "text_cached": 20.0}, 20 * 0.01 / 1e6),  # never less than nothing
        ("gpt-6.1-terra", {"text_in": 1e5, "text_cached": 5.0}, None),  # the cached price is not known
        ("gpt-6.1-terra", {"text_in": 1e5, "text_cached": 0.0}, 0.1),
        ("gpt-transcribe", {"seconds": 60.0, "audio_in": 600.0}, 0.0045),
        ("gpt-transcribe", {"audio_in": 600.0}, None),
        ("gpt-4o-mini-tts", {"characters": 100.0}, None),
        ("gpt-4o-mini-tts", {"text_in": 1e6, "audio_out": 1e6}, 12.6),
        ("gpt-5.5", {"text_in": 10.0}, None),
        ("nobody-knows-it", {"text_in": 10.0}, None),
        ("gpt-6-luna", {}, None),
    ],
)
def test_cost_is_known_or_none(model: str, amounts: dict[str, float], cost: float | None) -> None:
    assert TABLE.cost(Usage("openai", model, amounts)) == (cost if cost is None else pytest.approx(cost))


def test_characters_are_priced_where_a_row_says_so() -> None:
    table = ModelTable((Model("old-voice", prices={"characters": 15.0}),))
    usage = Usage("openai", "old-voice", {"characters": 2000.0, "seconds": 120.0})
    assert table.cost(usage) == pytest.approx(0.03)


def test_a_tuned_model_is_priced_and_ends_like_none() -> None:
    assert TABLE.find("ft:gpt-4o-mini:acme::abc").prices == {}


def test_own_rows_come_first_and_take_the_default_over() -> None:
    own = parse_models({"models": [{"id": "my-model", "jobs": ["chat"], "default_for": ["chat"]}]})
    table = merged(TABLE, own)
    assert table.default("chat") == "my-model"
    assert table.default("speech") == TABLE.default("speech")
    assert table.find("gpt-6-luna").prices
    changed = merged(TABLE, parse_models({"models": [{"id": "gpt-6-luna", "prices": {"text_in": 9}}]}))
    assert changed.find("gpt-6-luna").prices == {"text_in": 9.0}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"models": {}},
        {"models": [{"jobs": []}]},
        {"models": [{"id": "x", "price": 1}]},
        {"models": [{"id": "x", "ends": "soon"}]},
        {"models": [{"id": "x", "prices": {"text_in": "free"}}]},
        {"models": [{"id": "x", "prices": 3}]},
        {"models": [{"id": "x", "surcharge": {"above_tokens": 5}}]},
        {"models": [], "name_parts": ["whisper"]},
        {"models": [], "name_parts": {"chat": "gpt"}},
    ],
)
def test_a_table_that_is_wrong_is_told(data: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        parse_models(data)


LISTED = ("nomic-embed-text", "Systran/faster-whisper-small", "speaches-ai/Kokoro-82M", "flux-dev", "qwen3:8b")


@pytest.mark.parametrize(
    ("job", "picked"),
    [
        ("chat", "qwen3:8b"),
        ("transcription", "Systran/faster-whisper-small"),
        ("live_transcription", "Systran/faster-whisper-small"),
        ("speech", "speaches-ai/Kokoro-82M"),
        ("embeddings", "nomic-embed-text"),
        ("images", "flux-dev"),
        ("moderation", ""),
    ],
)
def test_the_likely_model_of_a_server(job: str, picked: str) -> None:
    assert TABLE.pick(LISTED, job) == picked


def test_own_parts_of_names_take_a_job_over() -> None:
    table = merged(TABLE, parse_models({"models": [], "name_parts": {"speech": ["Qwen"]}}))
    assert table.pick(LISTED, "speech") == "qwen3:8b"
    assert table.pick(LISTED, "images") == "flux-dev"
    assert table.jobs_by_name("qwen3:8b") == ("speech",)

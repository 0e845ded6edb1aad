"""What a provider's list adds to the table: ends, fine-tuned models, and who is announced as ending."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from voiceapp.core.catalogue import Listed, endings, jobs_of, listed_from, price_of, refreshed, suited, with_replacement
from voiceapp.core.models import Model, ModelTable
from voiceapp.core.settings import Choice, Job, Provider, ProviderKind, Settings
from voiceapp.core.speech import Usage
from voiceapp.resources import model_table

TODAY = date(2026, 11, 20)
TABLE = model_table()
TUNED = "ft:gpt-4o-mini-2024-07-18:acme:notes:Ab12"


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"id": "m", "shutdown_date": 1_798_761_600}, Listed("m", date(2027, 1, 1))),
        ({"id": "m", "shutdown_date": "2027-01-06"}, Listed("m", date(2027, 1, 6))),
        ({"id": "m", "shutdown_date": "2027-01-06T00:00:00Z"}, Listed("m", date(2027, 1, 6))),
        ({"id": "m", "shutdown_date": None}, Listed("m")),
        ({"id": "m", "shutdown_date": "soon"}, Listed("m")),
        ({"id": "m", "shutdown_date": True}, Listed("m")),
        ({"id": "m", "shutdown_date": 1e300}, Listed("m")),
        ({"name": "m"}, Listed("m")),
        ({"id": 7}, None),
        ({}, None),
    ],
)
def test_rows_of_the_list(row: dict[str, object], found: Listed | None) -> None:
    assert listed_from(row) == found


def test_the_services_own_end_counts_more_than_the_shipped_one() -> None:
    table = refreshed(TABLE, [Listed("gpt-6-luna", date(2026, 12, 31)), Listed("gpt-transcribe"), Listed("new-one")])
    assert table.find("gpt-6-luna").ends == date(2026, 12, 31)
    assert table.default("chat") == "gpt-6-luna"
    assert table.find("gpt-6-luna").prices == TABLE.find("gpt-6-luna").prices
    assert table.find("gpt-transcribe") == TABLE.find("gpt-transcribe")
    assert len(table.rows) == len(TABLE.rows)


def test_a_member_of_a_family_gets_a_row_of_its_own() -> None:
    table = refreshed(ModelTable((Model("fam-*", jobs=("chat",)),)), [Listed("fam-1", date(2027, 1, 1))])
    assert table.find("fam-1").ends == date(2027, 1, 1)
    assert table.find("fam-2").ends is None
    assert table.find("fam-1").jobs == ("chat",)


def test_a_tuned_model_is_like_its_base_but_its_price_is_unknown() -> None:
    base, tuned = TABLE.find("gpt-4o-mini-2024-07-18"), TABLE.find(TUNED)
    assert (tuned.id, tuned.jobs, tuned.ends, tuned.refuses) == (TUNED, base.jobs, base.ends, base.refuses)
    assert tuned.prices == {}
    assert TABLE.cost(Usage("openai", TUNED, {"text_in": 5.0, "text_out": 5.0})) is None
    own = ModelTable((Model("ft:gpt-4o-mini*", prices={"text_in": 1.0}), *TABLE.rows))
    assert own.cost(Usage("openai", TUNED, {"text_in": 1_000_000.0})) == pytest.approx(1.0)
    assert "default_for" not in price_of(tuned)


def test_models_are_offered_for_the_jobs_they_do() -> None:
    ids = (TUNED, "ft:nobody-knows:x::1", "gpt-transcribe", "whisper-large-v3", "llama3", "gpt-image-2", "bge-m3")
    assert suited(TABLE, ids, "chat") == (TUNED, "ft:nobody-knows:x::1", "llama3")
    assert suited(TABLE, ids, "transcription") == ("gpt-transcribe", "whisper-large-v3", "llama3")
    assert suited(TABLE, ids, "embeddings") == ("llama3", "bge-m3")
    assert jobs_of(TABLE, "llama3") == ()


def chosen(**jobs: Choice) -> Settings:
    shed = Provider("shed", ProviderKind.COMPATIBLE, "http://shed/v1")
    return replace(Settings(), providers=(*Settings().providers, shed), jobs=jobs)


def test_a_chosen_model_within_sixty_days_of_its_end_is_announced_with_its_successor() -> None:
    settings = chosen(chat=Choice("openai", "gpt-4o"), transcription=Choice("openai"), speech=Choice("openai"))
    chat, speech = endings(TABLE, settings, TODAY)
    assert (chat.model, chat.ends, chat.replacement) == ("gpt-4o", date(2027, 1, 14), "gpt-6-luna")
    assert (speech.job, speech.model) == ("speech", "gpt-4o-mini-tts")
    assert with_replacement(settings, speech).choice(Job.SPEECH) == Choice("openai", "gpt-realtime-2.1-mini")
    assert with_replacement(settings, chat).choice(Job.CHAT) == Choice("openai", "gpt-6-luna")
    assert endings(TABLE, settings, date(2026, 10, 1)) == ()


def test_what_was_put_off_or_runs_elsewhere_is_not_announced() -> None:
    settings = chosen(chat=Choice("openai", "gpt-4o"))
    assert endings(TABLE, replace(settings, endings_seen=("gpt-4o",)), TODAY) == ()
    assert endings(TABLE, chosen(chat=Choice("shed", "gpt-4o")), TODAY) == ()
    assert endings(TABLE, Settings(), TODAY) == ()


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        ({}, ""),
        ({"text_in": 5.0, "text_out": 12.5}, "text in $5, text out $12.5 for a million tokens"),
        ({"seconds": 0.0001}, "$0.006 a minute of sound"),
        ({"text_in": 1.0, "seconds": 0.000075}, "text in $1 for a million tokens; $0.0045 a minute of sound"),
        ({"checks": 0.0}, "free"),
        ({"pages": 2.0}, "$2 (pages)"),
    ],
)
def test_prices_are_told_in_words(prices: dict[str, float], words: str) -> None:
    assert price_of(Model("one", prices=prices)) == words

"""Asking one's own notes, searching and indexing in a session: real store and index, a scripted judge of meaning."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tests.store.plain_takes import PlainTakes
from voiceapp.core.conversation import Role
from voiceapp.core.errors import NoNetwork, VoiceAppError
from voiceapp.core.own_search import Matching
from voiceapp.core.settings import Choice, Job, Provider, ProviderKind, Settings
from voiceapp.core.speech import ChatRequest, TextDelta, Usage
from voiceapp.core.vectors import Vectors, unit
from voiceapp.ports.meaning import Embedder
from voiceapp.store.passages import SqlitePassages
from voiceapp.store.sqlite import SqliteStore
from voiceapp.voice.own_search import OwnSearch

CLOUD = Settings(
    providers=(Provider("local", ProviderKind.LOCAL), Provider("cloud", ProviderKind.COMPATIBLE, "http://x.example")),
    jobs={Job.CHAT.value: Choice("cloud")},
)
KINDS = (("boiler", "heating", "furnace"), ("tomato", "garden"), ("plumber",))


@dataclass
class FakeEmbedder:
    """Judges by the kinds of things that are named."""

    label: str = "Judge"
    max_batch: int = 3
    is_local: bool = True
    error: VoiceAppError | None = None
    asked: list[str] = field(default_factory=list)
    is_closed: bool = False
    name: str = "judge 4"

    async def space(self) -> str:
        return self.name

    async def embed(self, texts: Sequence[str], *, is_query: bool = False) -> Vectors:
        if self.error is not None:
            raise self.error
        self.asked += texts
        rows = [[*(float(any(w in text.lower() for w in kind)) for kind in KINDS), 0.05] for text in texts]
        return unit(np.array(rows, dtype=np.float32))

    async def close(self) -> None:
        self.is_closed = True


@dataclass
class Embedders:
    engine: FakeEmbedder | None
    made: int = 0

    async def embedder(self, settings: Settings, on_usage: Callable[[Usage], None]) -> Embedder | None:
        self.made += 1
        return self.engine


@dataclass
class Notes:
    """A person's conversations, searchable."""

    store: SqliteStore
    search: OwnSearch
    embedders: Embedders

    async def say(self, *texts: str) -> list[int]:
        head = await self.store.new_conversation("Talk")
        return [(await self.store.add_message(head.id, Role.USER, text)).id for text in texts]

    async def index(self) -> None:
        while await self.search.index_some(Settings()):
            pass


@pytest.fixture
async def notes(tmp_path: Path) -> AsyncIterator[Notes]:
    store = SqliteStore(tmp_path, PlainTakes())
    embedders = Embedders(FakeEmbedder())
    yield Notes(store, OwnSearch(SqlitePassages(store, time.time), embedders), embedders)
    await store.close()


async def test_texts_are_indexed_in_portions_until_none_waits(notes: Notes) -> None:
    await notes.say(*(f"text {number}" for number in range(7)))
    left = [await notes.search.index_some(Settings()) for _ in range(4)]
    assert left == [4, 1, 0, 0]


async def test_meaning_finds_what_words_do_not(notes: Notes) -> None:
    boiler, _other = await notes.say("The boiler rattles.", "Tomatoes grow.")
    await notes.index()
    hits = await notes.search.find(Settings(), "heating")
    assert [one.message_id for one in hits.found] == [boiler]
    assert hits.engine == "Judge"


async def test_without_an_engine_words_alone_decide(notes: Notes) -> None:
    notes.embedders.engine = None
    (boiler,) = await notes.say("The boiler rattles.")
    assert await notes.search.index_some(Settings()) == 0
    hits = await notes.search.find(Settings(), "boiler")
    assert ([one.message_id for one in hits.found], hits.engine, hits.problem) == ([boiler], "", None)


async def test_an_engine_that_fails_does_not_cost_the_search(notes: Notes) -> None:
    assert notes.embedders.engine is not None
    (boiler,) = await notes.say("The boiler rattles.")
    notes.embedders.engine.error = NoNetwork("No network.")
    hits = await notes.search.find(Settings(), "boiler")
    assert [one.message_id for one in hits.found] == [boiler]
    assert hits.problem is notes.embedders.engine.error


async def test_words_alone_ask_no_engine(notes: Notes) -> None:
    assert notes.embedders.engine is not None
    await notes.search.find(Settings(), "boiler", Matching.TEXT)
    assert notes.embedders.engine.asked == []


async def test_another_choice_closes_the_engine_and_indexes_anew(notes: Notes) -> None:
    await notes.say("The boiler rattles.")
    await notes.index()
    first = notes.embedders.engine
    assert first is not None
    notes.embedders.engine = FakeEmbedder(name="other 4")
    other = Settings(jobs={Job.EMBEDDINGS.value: Choice("openai")})
    assert await notes.search.index_some(other) == 0
    assert first.is_closed
    assert notes.embedders.engine.asked == ["The boiler rattles."]


async def test_an_answer_is_told_its_passages_and_cites_them(notes: Notes) -> None:
    (plumber,) = await notes.say("The plumber comes on Friday.")
    await notes.index()
    brief, hits = await notes.search.brief(CLOUD, "When does the plumber come?")
    assert "The plumber comes on Friday." in brief.instructions
    assert brief.chat is None
    assert brief.finished("On Friday [1].") == f"On Friday [\\[1\\]](voiceapp:message/1/{plumber})."
    assert [one.message_id for one in hits.found] == [plumber]


async def test_the_same_question_asked_before_is_no_answer(notes: Notes) -> None:
    question = "When does the plumber come?"
    _asked, plumber = await notes.say(question, "The plumber comes on Friday.")
    _brief, hits = await notes.search.brief(CLOUD, question)
    assert [one.message_id for one in hits.found] == [plumber]


async def test_without_a_language_model_the_passages_are_quoted(notes: Notes) -> None:
    await notes.say("The plumber comes on Friday.")
    brief, _hits = await notes.search.brief(Settings(), "When does the plumber come?")
    assert brief.chat is not None
    parts = [part async for part in brief.chat.reply(ChatRequest("", ()))]
    text = "".join(part.text for part in parts if isinstance(part, TextDelta))
    assert "“The plumber comes on Friday.” [1]" in text

"""Finding what was said and written, by words and by meaning; for the desk, the turn, the tool and the command."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from voiceapp.core.errors import VoiceAppError
from voiceapp.core.own_search import CITED_MAX, Found, Matching, cited, cut, instructions_for, quoted
from voiceapp.core.search_text import folded
from voiceapp.core.settings import Job, ProviderKind, Settings
from voiceapp.core.speech import ChatRequest, ReplyEnd, ReplyPart, TextDelta, Usage
from voiceapp.core.usage import CHARACTERS_PER_TOKEN
from voiceapp.ports import ChatModel
from voiceapp.ports.meaning import Aim, DueText, Embedder, Embedders, PassageStore, TextVectors
from voiceapp.voice.brief import Brief

log = logging.getLogger("voiceapp.voice")

TEXTS_AT_ONCE = 64
QUERY_S = 4.0
"""How long a search waits for the meaning of its query; then words alone decide."""


@dataclass(frozen=True)
class Hits:
    """What a search found. *engine*: who judged the meaning; "" = words alone, *problem* says why where it failed."""

    found: tuple[Found, ...]
    engine: str = ""
    problem: VoiceAppError | None = None


class OwnSearch:
    """Searches, and keeps the index of meaning up to date. Lives on the voice loop.

    Every call is given the settings in force, so another choice of engine counts at once.

    Attributes:
        on_usage: gets what a provider's requests consumed.
        allow: returns where a query may be sent to be embedded; raises OverBudget.
    """

    def __init__(self, passages: PassageStore, embedders: Embedders) -> None:
        self._passages = passages
        self._embedders = embedders
        self.on_usage: Callable[[Usage], None] = lambda _usage: None
        self.allow: Callable[[], Awaitable[None]] = _allowed
        self._embedder: Embedder | None = None
        self._made_for: object = None
        self._making = asyncio.Lock()

    async def find(
        self,
        settings: Settings,
        query: str,
        matching: Matching = Matching.HYBRID,
        limit: int = 20,
        *,
        is_question: bool = False,
    ) -> Hits:
        """Return the best passages. Where meaning cannot be had, words alone decide; raises StoreError only."""
        aim, engine, problem = None, "", None
        if matching is not Matching.TEXT and query.strip():
            try:
                await self.allow()
                async with asyncio.timeout(QUERY_S):
                    aim, engine = await self._aim(settings, query)
            except TimeoutError:
                log.info("searching without meaning: no vector within %s s", QUERY_S)
            except VoiceAppError as error:
                log.info("searching without meaning: %s", error.message)
                problem = error
        found = await self._passages.find(query, aim, matching, limit, is_any_word=is_question)
        return Hits(found, engine, problem)

    async def _aim(self, settings: Settings, query: str) -> tuple[Aim | None, str]:
        embedder = await self.embedder(settings)
        if embedder is None:
            return None, ""
        (vector,) = await embedder.embed([query], is_query=True)
        return Aim(await embedder.space(), vector), embedder.label

    async def embedder(self, settings: Settings) -> Embedder | None:
        """Return who judges meaning by *settings*; None where nobody does. Raises NoKey, ConfigError."""
        wanted = (settings.choice(Job.EMBEDDINGS), settings.providers)
        async with self._making:
            if wanted != self._made_for:
                await self.close()
                self._embedder = await self._embedders.embedder(settings, lambda usage: self.on_usage(usage))
                self._made_for = wanted
            return self._embedder

    async def index_some(self, settings: Settings, limit: int = TEXTS_AT_ONCE) -> int:
        """Index the next texts; return how many wait still, 0 too where nobody judges meaning.

        One portion is one transaction: cancelled in between, it is done again the next time.
        """
        embedder = await self.embedder(settings)
        if embedder is None:
            return 0
        await self._passages.use_space(await embedder.space())
        due = await self._passages.due(min(limit, embedder.max_batch))
        if due:
            await self._passages.put(await embedder.space(), await self._vectors(embedder, due))
        return await self._passages.count_due() if due else 0

    async def waiting(self, settings: Settings) -> tuple[int, int]:
        """Return how many texts wait to be indexed, and their tokens, estimated. Raises as :meth:`index_some`."""
        embedder = await self.embedder(settings)
        if embedder is None:
            return 0, 0
        await self._passages.use_space(await embedder.space())
        characters = await self._passages.due_characters()
        return await self._passages.count_due(), round(characters / CHARACTERS_PER_TOKEN)

    async def _vectors(self, embedder: Embedder, due: Sequence[DueText]) -> list[TextVectors]:
        passages = [cut(one.text) for one in due]
        texts = [part.of(one.text) for one, parts in zip(due, passages, strict=True) for part in parts]
        vectors = await embedder.embed(texts) if texts else np.zeros((0, 0), dtype=np.float32)
        found, first = [], 0
        for one, parts in zip(due, passages, strict=True):
            found.append(TextVectors(one, parts, vectors[first : first + len(parts)]))
            first += len(parts)
        return found

    async def brief(self, settings: Settings, question: str) -> tuple[Brief, Hits]:
        """Return how *question* is to be answered, and from what; without a language model that is quoted."""
        hits = await self.find(settings, question, limit=CITED_MAX + 1, is_question=True)
        asked = folded(question).strip()  # the same question, asked before, answers nothing
        found = tuple(one for one in hits.found if folded(one.text).strip() != asked)[:CITED_MAX]
        dates = [date_of(one) for one in found]
        is_local = settings.provider(settings.choice(Job.CHAT).provider).kind is ProviderKind.LOCAL
        brief = Brief(
            instructions=instructions_for(found, dates),
            finished=lambda text: cited(text, found),
            chat=Quoting(quoted(found, dates)) if is_local else None,
        )
        return brief, replace(hits, found=found)

    async def close(self) -> None:
        """Release the engine."""
        embedder, self._embedder, self._made_for = self._embedder, None, None
        if embedder is not None:
            await embedder.close()


class Quoting:
    """Port ChatModel that quotes what was found, where no model can put it into words."""

    label = ""

    def __init__(self, text: str) -> None:
        self._text = text

    async def reply(self, request: ChatRequest) -> AsyncGenerator[ReplyPart, None]:
        """As ChatModel.reply."""
        del request
        for line in self._text.splitlines(keepends=True):
            yield TextDelta(line)
        yield ReplyEnd("stop")

    async def warm(self) -> None:
        """There is nothing to open."""

    async def close(self) -> None:
        """There is nothing to close."""


async def _allowed() -> None:
    """Nobody counts."""


def date_of(one: Found) -> str:
    """Return the day of a passage, as written to models and people."""
    return datetime.fromtimestamp(one.at_s).astimezone().strftime("%Y-%m-%d")


_keeps_chat_model: type[ChatModel] = Quoting

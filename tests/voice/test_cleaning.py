"""Recordings cleaned up beside the turn: whole, stopped, told why not, and paid for."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from tests.fakes import FakeChat
from tests.fakes.chat import Step
from tests.virtual_clock import virtual_clock
from tests.voice.stage import Stage
from voiceapp.core.cleaning import CleanBegun, CleanEnded, CleanProgress, CleanTake, StopCleaning, left_out
from voiceapp.core.conversation import TakeState
from voiceapp.core.notes import parts_of
from voiceapp.core.settings import Settings
from voiceapp.voice.desks.cleaning import CleaningDesk
from voiceapp.voice.writing import CLEAN_PART_CHARS

CLOUD = Settings().with_provider("openai")
RAW = "um we should buy the red boat and paint it blue before winter"
BETTER = "We should buy the red boat and paint it blue before winter."


def cleaned(text: str) -> list[Step]:
    return [json.dumps({"text": text})]


class Room(Stage):
    """A stage with the desk and recordings that have words."""

    def __init__(self, *scripts: Sequence[Step], settings: Settings = CLOUD) -> None:
        super().__init__(chat=FakeChat(*scripts), settings=settings)
        self.make_desks = lambda studio: (CleaningDesk(studio),)

    async def dictated(self, text: str) -> int:
        writer = await self.store.begin_take(16_000, None)
        writer.write(np.zeros(160, np.float32))
        take = writer.finish(TakeState.TRANSCRIBED)
        return (await self.store.update_take(take.id, text=text)).id

    async def ended(self, count: int = 1) -> CleanEnded:
        return await self.until_event(CleanEnded, count)


@virtual_clock
async def test_a_recording_is_cleaned_up_part_by_part_and_what_would_lose_words_stays() -> None:
    raw = " ".join(f"Boat number {n} is painted red." for n in range(300))
    first, second = parts_of(raw, CLEAN_PART_CHARS)
    room = Room(cleaned(first), cleaned("Boats."))
    take_id = await room.dictated(raw)
    async with room.session() as session:
        session.handle(CleanTake(take_id))
        ended = await room.ended()
    assert (ended.text, ended.parts, ended.raw_parts) == (f"{first.strip()}\n\n{second.strip()}", 2, 1)
    told = room.all(CleanProgress)
    assert [(one.done, one.parts) for one in told] == [(0, 0), (0, 2), (1, 2)]
    assert {one.raw for one in told} == {raw}
    assert (await room.store.take(take_id)).text == raw, "what was dictated stays"
    assert [row.take_id for row in await room.usage.rows()] == [take_id, take_id]
    room.chat.assert_consumed()


@virtual_clock
async def test_why_it_cannot_be_is_told_and_nothing_is_asked() -> None:
    room = Room(settings=Settings())
    spoken, silent = await room.dictated(RAW), await room.dictated("")
    async with room.session() as session:
        for count, (number, words) in enumerate(
            ((spoken, "needs a language model"), (silent, "no words yet"), (99, "")), start=1
        ):
            session.handle(CleanTake(number))
            problem = (await room.ended(count)).problem
            assert problem is not None
            assert words in problem.message
    assert room.all(CleanProgress)[0].raw == RAW, "it can be read all the same"
    assert not room.chat.requests


@virtual_clock
async def test_it_is_stopped_by_the_person_and_by_the_next() -> None:
    room = Room([60.0, "{"], [60.0, "{"], cleaned(BETTER))
    one, other = await room.dictated(RAW), await room.dictated(RAW)
    async with room.session() as session:
        session.handle(CleanTake(one))
        await asked(room, 1)
        session.handle(StopCleaning(other))
        session.handle(StopCleaning(one))
        assert await room.ended(1) == CleanEnded(one, is_stopped=True)
        session.handle(CleanTake(one))
        await asked(room, 2)
        session.handle(CleanTake(other))
        assert (await room.ended(3)).text == BETTER
    steps = [(type(event), event.take_id) for event in room.events if isinstance(event, CleanBegun | CleanEnded)]
    assert steps[2:] == [(CleanBegun, one), (CleanEnded, one), (CleanBegun, other), (CleanEnded, other)]
    assert room.chat.aborted == 2


async def asked(room: Room, count: int) -> None:
    """Wait until the model has the *count*-th request."""
    await room.until(lambda: len(room.chat.requests) >= count)


def test_one_part_is_told_as_one() -> None:
    assert left_out(1, 1) == "The model left out words; they are as dictated."
    assert left_out(1, 4) == "The model left out words in 1 of 4 parts; that one is as it was dictated."
    assert left_out(2, 4) == "The model left out words in 2 of 4 parts; those are as they were dictated."

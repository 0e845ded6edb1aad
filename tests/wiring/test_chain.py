"""Where one engine fails, the next takes the turn over; what was heard or shown is never lost or said twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import numpy as np
import pytest

from tests.voice.stage import Stretch
from voiceapp.core.audio import Float32Block
from voiceapp.core.errors import NoCredit, ProviderDown, ProviderError, RateLimited, Refused, TimedOut
from voiceapp.core.providers import TookOver
from voiceapp.core.settings import Job
from voiceapp.core.speech import (
    ChatRequest,
    HearingRequest,
    ReplyEnd,
    ReplyPart,
    SpeechRequest,
    TextDelta,
    Transcript,
    Voice,
)
from voiceapp.wiring.chain import Chain, ChainChat, ChainSpeechToText, ChainTextToSpeech, Link, Ward

ASKED = ChatRequest("", ())
DOWN = ProviderDown("First has a problem of its own.")


class Mind:
    """Yields words; an error among them is raised at its place."""

    def __init__(self, label: str, *script: str | ProviderError) -> None:
        self.label = label
        self.script = script
        self.asked = 0
        self.is_closed = False

    async def reply(self, request: ChatRequest) -> AsyncGenerator[ReplyPart, None]:
        self.asked += 1
        for one in self.script:
            if isinstance(one, ProviderError):
                raise one
            yield TextDelta(one)
        yield ReplyEnd()

    async def warm(self) -> None:
        self.asked += 100

    async def close(self) -> None:
        self.is_closed = True


class Mouth:
    """Speaks as many frames as the text has letters; fails after *fails_after* of them."""

    max_chars = 100

    def __init__(
        self, label: str, rate_hz: int = 1000, error: ProviderError | None = None, fails_after: int = 0
    ) -> None:
        self.label, self.rate_hz = label, rate_hz
        self.error, self.fails_after = error, fails_after
        self.requests: list[SpeechRequest] = []

    async def speak(self, request: SpeechRequest) -> AsyncGenerator[Float32Block, None]:
        self.requests.append(request)
        for number in range(len(request.text)):
            if self.error is not None and number == self.fails_after:
                raise self.error
            yield np.ones(1, dtype=np.float32)

    def voices(self) -> tuple[Voice, ...]:
        return (Voice(self.label, self.label),)

    async def warm(self) -> None:
        pass

    async def close(self) -> None:
        pass


class Ear:
    """Says how many frames it heard; fails when opened, while pushed to, or at the end."""

    def __init__(self, label: str, rate_hz: int = 1000, errors: dict[str, ProviderError] | None = None) -> None:
        self.label, self.rate_hz, self.errors = label, rate_hz, errors or {}
        self.open = 0

    @asynccontextmanager
    async def hear(
        self, request: HearingRequest, on_partial: Callable[[str], None] | None = None
    ) -> AsyncIterator[EarHearing]:
        if "open" in self.errors:
            raise self.errors["open"]
        self.open += 1
        try:
            yield EarHearing(self)
        finally:
            self.open -= 1

    async def close(self) -> None:
        pass


class EarHearing:
    def __init__(self, ear: Ear) -> None:
        self.ear = ear
        self.frames = 0

    async def push(self, block: Float32Block) -> None:
        self.frames += len(block)
        if "push" in self.ear.errors and self.frames > 5:
            raise self.ear.errors["push"]

    async def finish(self) -> Transcript:
        if "finish" in self.ear.errors:
            raise self.ear.errors["finish"]
        return Transcript(f"{self.frames} frames")


class Time:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def told() -> list[TookOver]:
    return []


@pytest.fixture
def now() -> Time:
    return Time()


@pytest.fixture
def ward(told: list[TookOver], now: Time) -> Ward:
    return Ward(told.append, now)


def chat(ward: Ward, *minds: Mind) -> ChainChat:
    return ChainChat(Chain(Job.CHAT, [Link(mind.label, mind) for mind in minds], ward))


async def text_of(engine: ChainChat) -> str:
    return "".join([part.text async for part in engine.reply(ASKED) if isinstance(part, TextDelta)])


# --- chat -------------------------------------------------------------------------------------------------


async def test_the_next_mind_answers_and_it_is_told(ward: Ward, told: list[TookOver]) -> None:
    assert await text_of(chat(ward, Mind("A", DOWN), Mind("B", "Hi"))) == "Hi"
    assert told == [TookOver("chat", "A", "B", DOWN.message)]


async def test_nobody_is_told_when_the_first_answers(ward: Ward, told: list[TookOver]) -> None:
    second = Mind("B", "No")
    assert await text_of(chat(ward, Mind("A", "Hi"), second)) == "Hi"
    assert (told, second.asked) == ([], 0)


async def test_an_answer_that_has_begun_is_not_begun_anew(ward: Ward, told: list[TookOver]) -> None:
    words: list[str] = []
    with pytest.raises(ProviderDown):  # noqa: PT012
        async for part in chat(ward, Mind("A", "One", DOWN), Mind("B", "Two")).reply(ASKED):
            words.append(part.text)  # type: ignore[union-attr]  # noqa: PERF401
    assert (words, told) == (["One"], [])


async def test_what_nobody_could_do_better_is_not_passed_on(ward: Ward) -> None:
    second = Mind("B", "Hi")
    with pytest.raises(Refused):
        await text_of(chat(ward, Mind("A", Refused("No.")), second))
    assert second.asked == 0


async def test_when_all_fail_the_last_error_is_told(ward: Ward) -> None:
    with pytest.raises(TimedOut):
        await text_of(chat(ward, Mind("A", DOWN), Mind("B", TimedOut("Late."))))


@pytest.mark.parametrize(
    ("error", "still_s", "back_s"),
    [(DOWN, 29.0, 31.0), (NoCredit("Broke."), 299.0, 301.0), (RateLimited("Wait.", retry_after_s=50.0), 49.0, 51.0)],
)
async def test_who_failed_is_left_in_peace_for_a_while(
    error: ProviderError, still_s: float, back_s: float, ward: Ward, now: Time, told: list[TookOver]
) -> None:
    first, second = Mind("A", error), Mind("B", "Hi")
    engine = chat(ward, first, second)
    await text_of(engine)
    now.now_s = still_s
    await text_of(engine)
    assert (first.asked, len(told)) == (1, 2)
    now.now_s = back_s
    first.script = ("Back",)
    assert await text_of(engine) == "Back"
    assert len(told) == 2


async def test_only_who_will_be_asked_is_warmed_and_all_are_closed(ward: Ward) -> None:
    minds = Mind("A", "Hi"), Mind("B", "Hi")
    engine = chat(ward, *minds)
    await engine.warm()
    assert [mind.asked for mind in minds] == [100, 0]
    await engine.close()
    assert all(mind.is_closed for mind in minds)


async def test_leaving_early_closes_the_engine_at_once(ward: Ward) -> None:
    closed = asyncio.Event()

    class Slow(Mind):
        async def reply(self, request: ChatRequest) -> AsyncGenerator[ReplyPart, None]:
            try:
                yield TextDelta("One")
                await asyncio.sleep(3600)
            finally:
                closed.set()

    async with aclosing(chat(ward, Slow("A"), Mind("B")).reply(ASKED)) as parts:
        await anext(parts)
    assert closed.is_set()


# --- speech -----------------------------------------------------------------------------------------------


def speech(ward: Ward, *mouths: Mouth) -> ChainTextToSpeech:
    return ChainTextToSpeech(Chain(Job.SPEECH, [Link(mouth.label, mouth) for mouth in mouths], ward), Stretch)


async def frames_of(engine: ChainTextToSpeech, text: str = "1234567890") -> int:
    return sum([len(block) async for block in engine.speak(SpeechRequest(text, voice="A"))])


async def test_the_next_voice_says_the_clause_in_its_own_way(ward: Ward, told: list[TookOver]) -> None:
    second = Mouth("B", rate_hz=500)
    engine = speech(ward, Mouth("A", error=DOWN), second)
    assert await frames_of(engine) == 20  # brought to the rate that was promised
    assert second.requests[0].voice == ""
    assert told == [TookOver("speech", "A", "B", DOWN.message)]


async def test_a_clause_that_broke_off_is_said_whole(ward: Ward) -> None:
    second = Mouth("B")
    engine = speech(ward, Mouth("A", error=DOWN, fails_after=4), second)
    assert await frames_of(engine) == 4 + 10
    assert await frames_of(engine) == 10  # the next clause goes to the voice that works
    assert len(second.requests) == 2


# --- hearing ----------------------------------------------------------------------------------------------


def hearing(ward: Ward, *ears: Ear) -> ChainSpeechToText:
    return ChainSpeechToText(Chain(Job.TRANSCRIPTION, [Link(ear.label, ear) for ear in ears], ward), Stretch)


async def heard(engine: ChainSpeechToText) -> str:
    async with engine.hear(HearingRequest()) as utterance:
        for _ in range(10):
            await utterance.push(np.ones(2, dtype=np.float32))
        return (await utterance.finish()).text


@pytest.mark.parametrize("when", ["open", "push", "finish"])
async def test_the_next_ear_hears_all_of_it(when: str, ward: Ward, told: list[TookOver]) -> None:
    first, second = Ear("A", errors={when: DOWN}), Ear("B")
    engine = hearing(ward, first, second)
    assert await heard(engine) == "20 frames"
    assert engine.label == "B"
    assert (first.open, second.open) == (0, 0)
    assert told == [TookOver("transcription", "A", "B", DOWN.message)]


async def test_another_rate_is_another_count_of_the_same_sound(ward: Ward) -> None:
    assert await heard(hearing(ward, Ear("A", errors={"finish": DOWN}), Ear("B", rate_hz=500))) == "10 frames"


async def test_a_take_that_nobody_can_hear_raises_the_last_error(ward: Ward) -> None:
    with pytest.raises(TimedOut):
        await heard(hearing(ward, Ear("A", errors={"open": DOWN}), Ear("B", errors={"finish": TimedOut("Late.")})))

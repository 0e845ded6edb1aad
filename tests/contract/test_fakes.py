"""The fakes fit the ports (checked by mypy) and keep time on the loop's clock."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from tests.fakes import (
    FakeChat,
    FakeDevices,
    FakeHearing,
    FakeLoudspeaker,
    FakeSecrets,
    FakeSpeech,
    FakeVad,
    MemoryStore,
    silence,
    tone,
    voice_like,
)
from tests.virtual_clock import virtual_clock
from voiceapp.core.audio import Float32Block
from voiceapp.core.conversation import Role, TakeState
from voiceapp.core.errors import DeviceError, DiskFull, ProviderDown, StoreError
from voiceapp.core.speech import ChatRequest, HearingRequest, ReplyEnd, SpeechRequest, TextDelta
from voiceapp.ports import AudioDevices, ChatModel, Secrets, SpeechToText, Store, TextToSpeech, Vad

ASKED = ChatRequest("", ())


def test_fakes_are_what_the_ports_say() -> None:
    devices: AudioDevices = FakeDevices()
    hearing: SpeechToText = FakeHearing()
    speech: TextToSpeech = FakeSpeech()
    chat: ChatModel = FakeChat()
    vad: Vad = FakeVad()
    store: Store = MemoryStore()
    secrets: Secrets = FakeSecrets()
    assert all([devices, hearing, speech, chat, vad, store, secrets])


@virtual_clock
async def test_microphone_gives_sound_as_time_passes_then_silence_until_stopped() -> None:
    loop = asyncio.get_running_loop()
    microphone = await FakeDevices(tone(0.1)).open_microphone()
    began_s = loop.time()
    times: list[float] = []
    blocks: list[Float32Block] = []
    async for block in microphone:
        times.append(round(loop.time() - began_s, 6))
        blocks.append(block)
        if len(blocks) == 10:
            await asyncio.sleep(0.05)  # a slow reader loses nothing
            microphone.stop()
    assert times[:3] == [0.02, 0.04, 0.06]
    assert len(blocks) == 12
    assert np.array_equal(np.concatenate(blocks)[:1600], tone(0.1))
    assert not np.concatenate(blocks)[1600:].any()


@virtual_clock
async def test_microphone_vanishes_after_giving_what_it_had() -> None:
    microphone = await FakeDevices(tone(1.0), vanish_after_s=0.105).open_microphone()
    blocks = []
    with pytest.raises(DeviceError):  # noqa: PT012
        async for block in microphone:
            blocks.append(block)  # noqa: PERF401
    assert len(blocks) == 5


@virtual_clock
async def test_speech_can_be_placed_into_an_open_microphone() -> None:
    devices = FakeDevices()
    microphone = await devices.open_microphone()
    await asyncio.sleep(0.1)
    devices.say(tone(0.04))
    await asyncio.sleep(0.1)
    microphone.stop()
    sound = np.concatenate([block async for block in microphone])
    assert not sound[: round(0.1 * 16_000)].any()
    assert np.array_equal(sound[1600 : 1600 + 640], tone(0.04))


@virtual_clock
async def test_loudspeaker_plays_in_time_with_back_pressure() -> None:
    loop = asyncio.get_running_loop()
    speaker = FakeLoudspeaker(10_000)
    began_s = loop.time()
    for _ in range(10):
        await speaker.play(np.ones(1000, dtype=np.float32))
    assert loop.time() - began_s == pytest.approx(0.65)  # 0.9 s queued before the last, 0.25 may wait
    await speaker.drained()
    assert loop.time() - began_s == pytest.approx(1.0)
    assert speaker.played_frames == 10_000
    assert speaker.first_sound_at == pytest.approx(began_s)
    assert len(speaker.stretches()) == 1
    assert speaker.underruns == 0


@virtual_clock
async def test_loudspeaker_counts_gaps_and_forgets_what_is_discarded() -> None:
    speaker = FakeLoudspeaker(10_000)
    await speaker.play(np.ones(1000, dtype=np.float32))
    await asyncio.sleep(0.3)
    await speaker.play(np.ones(2000, dtype=np.float32))
    assert speaker.underruns == 1
    await asyncio.sleep(0.05)
    speaker.discard()
    await speaker.drained()
    assert speaker.played_frames == 1500
    assert len(speaker.heard()) == 1500
    await asyncio.sleep(1.0)
    await speaker.play(np.ones(10, dtype=np.float32))
    assert speaker.underruns == 1  # silence after a discard is meant


@virtual_clock
async def test_loudspeaker_vanishes_in_the_middle() -> None:
    speaker = FakeLoudspeaker(10_000, vanish_after_frames=3000)
    with pytest.raises(DeviceError):  # noqa: PT012
        for _ in range(10):
            await speaker.play(np.ones(1000, dtype=np.float32))
    assert speaker.played_frames == 3000


@virtual_clock
async def test_chat_streams_its_script_and_notices_an_early_close() -> None:
    chat = FakeChat("Hello there.", [TextDelta("Half"), ProviderDown("gone")], "never ending story")
    assert [part async for part in chat.reply(ASKED)] == [TextDelta("Hello"), TextDelta(" there."), ReplyEnd()]
    with pytest.raises(ProviderDown):
        [part async for part in chat.reply(ASKED)]
    async with aclosing(chat.reply(ASKED)) as parts:
        assert await anext(parts) == TextDelta("never")
    assert (chat.aborted, len(chat.requests)) == (1, 3)
    chat.assert_consumed()
    with pytest.raises(AssertionError, match="no script"):
        [part async for part in chat.reply(ASKED)]


@virtual_clock
async def test_hearing_reports_partials_and_ignores_silence() -> None:
    engine = FakeHearing("hello old friend", ProviderDown("gone"), partial_every_s=0.1)
    partials: list[str] = []
    async with engine.hear(HearingRequest(), partials.append) as utterance:
        for _ in range(10):
            await utterance.push(voice_like(0.05))
        assert (await utterance.finish()).text == "hello old friend"
    assert partials == ["hello", "hello old", "hello old friend"]
    async with engine.hear(HearingRequest()) as utterance:
        await utterance.push(silence(1.0))
        assert (await utterance.finish()).text == ""
    async with engine.hear(HearingRequest()) as utterance:
        await utterance.push(voice_like(0.1))
        with pytest.raises(ProviderDown):
            await utterance.finish()
    async with engine.hear(HearingRequest()) as utterance:
        pass
    assert engine.aborted == 1
    engine.assert_consumed()


@virtual_clock
async def test_speech_takes_its_time_and_raises_what_it_is_told() -> None:
    loop = asyncio.get_running_loop()
    engine = FakeSpeech(errors={"No.": ProviderDown("gone")}, first_block_s=0.2, per_block_s=0.01)
    began_s = loop.time()
    blocks = [block async for block in engine.speak(SpeechRequest("Yes, of course."))]
    assert sum(map(len, blocks)) == round(15 * 0.06 * engine.rate_hz)
    assert loop.time() - began_s == pytest.approx(0.2 + 0.01 * (len(blocks) - 1))
    with pytest.raises(ProviderDown):
        [block async for block in engine.speak(SpeechRequest("No."))]
    assert engine.texts == ["Yes, of course.", "No."]


@virtual_clock
async def test_store_keeps_conversations_takes_and_notes() -> None:
    store = MemoryStore()
    writer = await store.begin_take(16_000, None)
    await asyncio.to_thread(writer.write, tone(1.0))
    head = await store.new_conversation("Tea")
    take = writer.finish(TakeState.RECORDED)
    assert (take.duration_s, len(take.envelope), round(take.peak_db)) == (1.0, 64, -12)
    said = await store.add_message(head.id, Role.USER, "How long does tea steep?", take_id=take.id)
    await store.update_take(take.id, text="How long", conversation_id=head.id)
    conversation = await store.conversation(head.id)
    assert conversation.messages == (said,)
    assert conversation.takes[take.id].text == "How long"
    assert [found.snippet for found in await store.conversations("STEEP")] == [said.text]
    assert await store.conversations("coffee") == ()
    await store.delete_conversation(head.id)
    assert (await store.take(take.id)).conversation_id is None
    with pytest.raises(StoreError):
        await store.conversation(head.id)
    assert await store.add_note("milk") == 1
    assert await store.notes() == ("milk",)
    torn = await store.begin_take(16_000, None)
    torn.write(tone(0.5))
    assert [found.duration_s for found in await store.recover_takes()] == [0.5]
    store.write_error = DiskFull("full")
    with pytest.raises(DiskFull):
        await asyncio.to_thread(torn.write, tone(0.1))

"""One engine after another for the contract tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contract.engines import CHATTING, HEARING, SPEAKING, VADS
from voiceapp.ports import ChatModel, SpeechToText, TextToSpeech, Vad


@pytest.fixture(params=HEARING)
async def stt_engine(request: pytest.FixtureRequest) -> AsyncIterator[SpeechToText]:
    async with HEARING[request.param]() as engine:
        yield engine


@pytest.fixture(params=SPEAKING)
async def tts_engine(request: pytest.FixtureRequest) -> AsyncIterator[TextToSpeech]:
    async with SPEAKING[request.param]() as engine:
        yield engine


@pytest.fixture(params=CHATTING)
async def chat_engine(request: pytest.FixtureRequest) -> AsyncIterator[ChatModel]:
    async with CHATTING[request.param]() as engine:
        yield engine


@pytest.fixture(params=VADS)
def vad(request: pytest.FixtureRequest) -> Vad:
    return VADS[request.param]()

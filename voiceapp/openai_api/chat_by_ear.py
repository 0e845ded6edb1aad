"""Chat with a model that hears and speaks by itself: what its request holds beyond words. No socket.

Such a model wants sound on at least one side: asked in writing for an answer in writing it still has to speak, and
what it says is not listened to.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from voiceapp.core.audio import Clip
from voiceapp.core.conversation import SPOKEN_NOTE
from voiceapp.core.models import Model
from voiceapp.core.settings import ProviderKind
from voiceapp.core.speech import ByEar, ChatRequest
from voiceapp.openai_api.text_joiner import whole
from voiceapp.openai_api.uploads import WavEncoder
from voiceapp.openai_api.voice_names import voice_field, voice_for


def put_sound(body: dict[str, Any], request: ChatRequest, known: Model) -> None:
    """Put into *body* what the person said, as sound, and the wish for an answer that sounds."""
    wish = request.by_ear or ByEar(is_aloud=False)
    if wish.take is not None:
        _put_take(body["messages"], wish.take)
    if wish.style and body["messages"] and body["messages"][0]["role"] == "system":
        first = body["messages"][0]
        body["messages"][0] = {**first, "content": f"{first['content']}\n\nHow you are to sound: {whole(wish.style)}"}
    if wish.is_aloud or wish.take is None:
        voice = voice_for(ProviderKind.OPENAI, known, wish.voice)
        body["modalities"] = ["text", "audio"]
        body["audio"] = {"voice": voice_field(voice), "format": "pcm16"}
    else:
        body["modalities"] = ["text"]


def sound_message(sound_id: str) -> dict[str, Any]:
    """Return an earlier answer by the name under which the service keeps its sound."""
    return {"role": "assistant", "audio": {"id": sound_id}}


def has_sounds(request: ChatRequest) -> bool:
    """Whether *request* refers to sounds that the service keeps."""
    return any(line.sound_id for line in request.lines)


def without_sounds(request: ChatRequest) -> ChatRequest:
    """Return *request* with the words of earlier answers: the service may have forgotten their sound."""
    return replace(request, lines=tuple(replace(line, sound_id="") for line in request.lines))


def _put_take(messages: Sequence[dict[str, Any]], take: Clip) -> None:
    """Let the person's last message be what was said, with what is attached to it."""
    message = next((m for m in reversed(messages) if m["role"] == "user"), None)
    if message is None:
        return
    content = message["content"]
    parts = content if isinstance(content, list) else []
    beside = [part for part in parts if part.get("text") != SPOKEN_NOTE]
    encoder = WavEncoder(take.rate_hz)
    encoder.write(take.samples)
    data = base64.b64encode(encoder.finish()).decode()
    message["content"] = [{"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}, *beside]

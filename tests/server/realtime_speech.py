"""A realtime conversation that answers every ``response.create`` with sound: the text of its last message, spoken.

Several responses may be under way at once, as the service allows outside the conversation; ``script.speech`` says how
fast they come. What a later, fuller conversation needs (items, turns) is a further case in :func:`converse`.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.server.audio_answers import timed_sound
from tests.server.realtime import Session

USAGE: Mapping[str, Any] = {
    "total_tokens": 140,
    "input_tokens": 40,
    "output_tokens": 100,
    "input_token_details": {
        "text_tokens": 40,
        "audio_tokens": 0,
        "cached_tokens": 24,
        "cached_tokens_details": {"text_tokens": 24, "audio_tokens": 0},
    },
    "output_token_details": {"text_tokens": 10, "audio_tokens": 90},
}


async def converse(session: Session) -> None:
    """Speak whatever is asked for, until the client leaves."""
    await greet(session)
    speaking: dict[str, asyncio.Task[None]] = {}
    try:
        while True:
            event = await session.receive()
            match event["type"]:
                case "session.update":
                    await session.send("session.updated", session=session.config)
                case "response.create":
                    reply = Reply(session, event.get("response") or {})
                    speaking[reply.id] = asyncio.create_task(reply.speak(), name=reply.id)
                case "response.cancel":
                    await cancel(session, speaking, event)
    finally:
        for task in speaking.values():
            task.cancel()
        await asyncio.gather(*speaking.values(), return_exceptions=True)


async def greet(session: Session) -> None:
    """Say which session this is, as the service does before anything else."""
    model = session.query.get("model", "")
    session.config = {"type": "realtime", "id": session.new_id("sess"), "object": "realtime.session", "model": model}
    await session.send("session.created", session=session.config)


async def cancel(session: Session, speaking: Mapping[str, asyncio.Task[None]], event: Mapping[str, Any]) -> None:
    """End one response, or the only one; an error where there is none."""
    wanted = event.get("response_id")
    running = [task for name, task in speaking.items() if wanted in (None, name) and not task.done()]
    for task in running:
        task.cancel()
    if not running:
        error = {"type": "invalid_request_error", "code": "response_cancel_not_active", "param": None}
        await session.send("error", error=error | {"message": "Nothing is active.", "event_id": event.get("event_id")})


class Reply:
    """One response: its events as the service orders them."""

    def __init__(self, session: Session, wanted: Mapping[str, Any]) -> None:
        self.session = session
        self.wanted = wanted
        self.id = session.new_id("resp")
        self.item = session.new_id("item")
        self.text = text_of(wanted)

    @property
    def place(self) -> dict[str, Any]:
        """Which part of what the events are about."""
        return {"response_id": self.id, "item_id": self.item, "output_index": 0, "content_index": 0}

    async def speak(self) -> None:
        """Send the whole reply; where this is cancelled, its end."""
        try:
            await self.begin()
            await self.sound()
            await self.words()
        except asyncio.CancelledError:
            details = {"type": "cancelled", "reason": "client_cancelled"}
            await self.done("cancelled", status_details=details)
            raise
        await self.done()

    async def begin(self) -> None:
        """Tell that the reply begins."""
        await self.session.send("response.created", response=self.response("in_progress"))
        item = {"id": self.item, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        await self.session.send("response.output_item.added", response_id=self.id, output_index=0, item=item)
        part = {"type": "audio", "transcript": ""}
        await self.session.send("response.content_part.added", **self.place, part=part)

    async def sound(self) -> None:
        """Send the text's sound at the session's speed, piece by piece in the script's time."""
        script = self.session.script.speech
        output = (self.session.config.get("audio") or {}).get("output") or {}
        whole = script.sound(self.text)
        pcm = np.resize(whole, round(len(whole) / output.get("speed", 1.0))).tobytes()
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        for piece in timed_sound(script, pcm):
            await asyncio.sleep(began_s + piece.at_s - loop.time())
            await self.piece(piece.data)

    async def piece(self, data: bytes) -> None:
        """Send a piece of sound."""
        await self.session.send("response.output_audio.delta", **self.place, delta=base64.b64encode(data).decode())

    async def words(self, text: str | None = None) -> None:
        """Tell what was said."""
        said = self.text if text is None else text
        await self.session.send("response.output_audio_transcript.delta", **self.place, delta=said)
        await self.session.send("response.output_audio_transcript.done", **self.place, transcript=said)
        await self.session.send("response.output_audio.done", **self.place)

    async def done(self, status: str = "completed", **fields: object) -> None:
        """Tell that the reply is over, and what it took."""
        usage = {"usage": dict(USAGE)} if status == "completed" else {}
        await self.session.send("response.done", response=self.response(status) | usage | fields)

    def response(self, status: str) -> dict[str, Any]:
        """Return the reply as an object."""
        told = {"id": self.id, "object": "realtime.response", "status": status, "output": []}
        return told | ({"metadata": self.wanted["metadata"]} if "metadata" in self.wanted else {})


def text_of(wanted: Mapping[str, Any]) -> str:
    """Return the words of the last message that a response is to be made of."""
    texts = [part.get("text", "") for item in wanted.get("input", ()) for part in item.get("content", ())]
    return str(texts[-1]) if texts else ""

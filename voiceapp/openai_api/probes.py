"""Does this provider do that job, really? The cheapest request for each, through the same wire as everything else.

A probe costs nothing worth counting: a token, a fifth of a second of silence, one word. Images cost cents and are
only drawn when that is asked for. Live sessions are opened and closed again, where one was chosen or a model is listed.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from gettext import gettext as _
from typing import Any

import numpy as np

from voiceapp.core.catalogue import suited
from voiceapp.core.conversation import Line, Role
from voiceapp.core.errors import BadRequest, ModelGone, ProviderError
from voiceapp.core.providers import JobCheck, Standing
from voiceapp.core.settings import Job
from voiceapp.core.speech import ChatRequest, HearingRequest, SpeechRequest
from voiceapp.openai_api import sentences
from voiceapp.openai_api.adapt import Body
from voiceapp.openai_api.completions_chat import CompletionsChat
from voiceapp.openai_api.errors import error_for_event, error_from
from voiceapp.openai_api.facts import is_error
from voiceapp.openai_api.hearing_protocol import form_fields, objects_in
from voiceapp.openai_api.live_speech_to_text import greet
from voiceapp.openai_api.provider_speech import ProviderSpeech
from voiceapp.openai_api.realtime_socket import greeted
from voiceapp.openai_api.sse import NotTheProtocol, json_objects
from voiceapp.openai_api.uploads import WavEncoder
from voiceapp.openai_api.wire import Files, Wire

SILENCE_S, SILENCE_HZ = 0.2, 16_000
FEWEST_TOKENS = 16
"""The least that the Responses API takes."""
IMAGE_PATIENCE_S = 240.0
LIVE = (Job.LIVE_TRANSCRIPTION.value, Job.REALTIME.value)


class Prober:
    """Tries jobs on one wire.

    Args:
        wire: the provider.
        is_responses: which chat protocol the provider gets.
        models: per job the chosen model; "" or missing = what would be taken.
        listed: the ids that the provider lists.
    """

    def __init__(self, wire: Wire, *, is_responses: bool, models: Mapping[str, str], listed: tuple[str, ...]) -> None:
        self._wire = wire
        self._is_responses = is_responses
        self._models = models
        self._listed = listed

    async def try_job(self, job: str) -> JobCheck:
        """Try *job* and say how it went. Never raises a VoiceAppError."""
        tries: dict[str, Callable[[str], Awaitable[float]]] = {
            Job.CHAT.value: self._chat,
            Job.TRANSCRIPTION.value: self._transcription,
            Job.LIVE_TRANSCRIPTION.value: self._live,
            Job.SPEECH.value: self._speech,
            Job.IMAGES.value: self._image,
            Job.MODERATION.value: self._moderation,
            Job.EMBEDDINGS.value: self._embedding,
            Job.REALTIME.value: self._realtime,
        }
        model = self._models.get(job, "")
        if job in LIVE and not model:
            listed = self._listed_for(job)
            if listed is None:
                return JobCheck(job, Standing.NOT_OFFERED, sentence=_("No model for it is listed."))
            model = listed
        try:
            model = await self._wire.model_for(job, model)
            return JobCheck(job, Standing.WORKS, model, await tries[job](model))
        except ModelGone as error:
            standing = Standing.FAILS if error.model else Standing.NOT_OFFERED
            return JobCheck(job, standing, model, sentence=error.message)
        except BadRequest as error:
            standing = Standing.NOT_OFFERED if error.detail.startswith(("404", "405")) else Standing.FAILS
            return JobCheck(job, standing, model, sentence=error.message)
        except ProviderError as error:
            return JobCheck(job, Standing.FAILS, model, sentence=error.message)

    def _listed_for(self, job: str) -> str | None:
        """Return a model that the provider lists for *job*: what would be taken, or the first that fits by its name."""
        default = self._wire.table.default(job)
        if default in self._listed:
            return default
        fitting = suited(self._wire.table, self._listed, job)
        named = (one for one in fitting if self._wire.known(one).jobs or "realtime" in one or "live" in one)
        return next(named, None)

    async def _chat(self, model: str) -> float:
        if self._wire.known(model).by_ear:
            return await self._first_part(model)
        if self._is_responses:
            body: Body = {"model": model, "input": "Hi", "max_output_tokens": FEWEST_TOKENS, "store": False}
            return await self._json("responses", body)
        names_max = "max_completion_tokens" if "max_tokens" in self._wire.known(model).refuses else "max_tokens"
        messages = [{"role": "user", "content": "Hi"}]
        return await self._json("chat", {"model": model, "messages": messages, names_max: 1})

    async def _first_part(self, model: str) -> float:
        """Ask a model that hears and speaks; what it says is not waited for."""
        began_s = time.perf_counter()
        request = ChatRequest("", (Line(Role.USER, "Hi"),))
        async with aclosing(CompletionsChat(self._wire, model).reply(request)) as parts:
            await anext(parts)
        return _ms_since(began_s)

    async def _transcription(self, model: str) -> float:
        encoder = WavEncoder(SILENCE_HZ)
        encoder.write(np.zeros(int(SILENCE_S * SILENCE_HZ), dtype=np.float32))
        fields = form_fields(HearingRequest(), model, self._wire.known(model))
        files = {"file": (encoder.name, encoder.finish(), encoder.mime)}
        return await self._json(Job.TRANSCRIPTION.value, fields, files, read=objects_in)

    async def _live(self, model: str) -> float:
        began_s = time.perf_counter()
        await greet(self._wire, model)
        return _ms_since(began_s)

    async def _realtime(self, model: str) -> float:
        began_s = time.perf_counter()
        await greeted(self._wire, model)
        return _ms_since(began_s)

    async def _speech(self, model: str) -> float:
        began_s = time.perf_counter()
        engine = ProviderSpeech(self._wire, model)
        try:
            async with aclosing(engine.speak(SpeechRequest("Yes"))) as blocks:
                async for block in blocks:
                    if len(block):
                        break
            return _ms_since(began_s)
        finally:
            await engine.hang_up()

    async def _image(self, model: str) -> float:
        body: Body = {"model": model, "prompt": "A dot"}
        if "low" in self._wire.known(model).images.qualities:
            body["quality"] = "low"
        return await self._json(Job.IMAGES.value, body, first_s=IMAGE_PATIENCE_S)

    async def _moderation(self, model: str) -> float:
        return await self._json(Job.MODERATION.value, {"model": model, "input": "hello"})

    async def _embedding(self, model: str) -> float:
        return await self._json(Job.EMBEDDINGS.value, {"model": model, "input": "hello"})

    async def _json(
        self,
        endpoint: str,
        body: Body,
        files: Files | None = None,
        *,
        first_s: float | None = None,
        read: Callable[[bytes], list[dict[str, Any]]] = lambda data: json_objects(data.decode("utf-8", "replace")),
    ) -> float:
        """Send *body*; return the milliseconds until the answer was there. Raises ProviderError for no good answer."""
        began_s = time.perf_counter()
        async with self._wire.post(endpoint, body, files=files, first_s=first_s) as sent:
            data = await self._wire.body(sent)
        elapsed_ms = _ms_since(began_s)
        where = self._wire.where(sent.model)
        try:
            objects = read(data)
        except NotTheProtocol as problem:
            raise error_from(problem, where) from None
        if not objects:
            raise sentences.not_the_protocol("empty", where)
        if is_error(objects[0]):
            raise error_for_event(objects[0], where)
        return elapsed_ms


def _ms_since(began_s: float) -> float:
    return (time.perf_counter() - began_s) * 1000.0

"""Live transcription with a net: the same take is made ready for an upload, which takes over on any fault."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from gettext import gettext as _
from typing import Protocol

from voiceapp.core.audio import Float32Block
from voiceapp.core.errors import VoiceAppError
from voiceapp.core.speech import HearingRequest, Transcript, Usage
from voiceapp.ports import Hearing, Resampler, SpeechToText

MakeResampler = Callable[[int, int], Resampler]


class LiveHearing(Hearing, Protocol):
    """A take that is heard while it is spoken."""

    @property
    def spent(self) -> tuple[Usage, ...]:
        """What it consumed where it failed."""
        ...


class LiveFirst:
    """Port SpeechToText. Recordings, translations and speakers are the upload's alone.

    Args:
        live: hears while the person speaks; its utterances are :class:`LiveHearing`.
        upload: hears the whole take; told the same sound at the same time.
        on_notice: gets a sentence when the upload took over.
    """

    def __init__(
        self,
        live: SpeechToText,
        upload: SpeechToText,
        make_resampler: MakeResampler,
        on_notice: Callable[[str], None],
    ) -> None:
        self.label = live.label
        self.rate_hz = live.rate_hz
        self.upload = upload
        self._live = live
        self._make_resampler = make_resampler
        self._on_notice = on_notice
        self._is_given_up = False

    @asynccontextmanager
    async def hear(
        self, request: HearingRequest, on_partial: Callable[[str], None] | None = None
    ) -> AsyncIterator[Hearing]:
        """As SpeechToText.hear."""
        is_upload = request.is_recording or request.is_translated or request.are_speakers_told or self._is_given_up
        async with AsyncExitStack() as stack:
            partials = _Partials(on_partial, is_open=is_upload)
            upload = await stack.enter_async_context(self.upload.hear(request, partials if on_partial else None))
            live = None if is_upload else await self._opened(stack, request, on_partial)
            resampler = self._make_resampler(self.rate_hz, self.upload.rate_hz)
            yield _Both(self, upload, live, resampler, partials)

    async def close(self) -> None:
        """As SpeechToText.close."""
        await self._live.close()
        await self.upload.close()

    def failed(self, error: VoiceAppError) -> None:
        """Tell that the upload takes over; a fault that will be there next time too is not tried again."""
        self._is_given_up = not getattr(error, "is_retryable", False)
        sentence = _("Live transcription did not work, so the recording was sent as a whole. {reason}")
        if self._is_given_up:
            sentence = _("Live transcription does not work here; recordings are sent as a whole from now on. {reason}")
        self._on_notice(sentence.format(reason=error.message))

    async def _opened(
        self, stack: AsyncExitStack, request: HearingRequest, on_partial: Callable[[str], None] | None
    ) -> LiveHearing | None:
        try:
            hearing = await stack.enter_async_context(self._live.hear(request, on_partial))
        except VoiceAppError as error:
            self.failed(error)
            return None
        return hearing  # type: ignore[return-value]  # by what is said of *live*


class _Partials:
    """Lets the upload's partial words through once they are what counts."""

    def __init__(self, on_partial: Callable[[str], None] | None, *, is_open: bool) -> None:
        self._on_partial = on_partial
        self.is_open = is_open

    def __call__(self, text: str) -> None:
        if self.is_open and self._on_partial is not None:
            self._on_partial(text)


class _Both:
    """One take, heard twice until one of them has words."""

    def __init__(
        self,
        owner: LiveFirst,
        upload: Hearing,
        live: LiveHearing | None,
        resampler: Resampler,
        partials: _Partials,
    ) -> None:
        self._owner = owner
        self._upload = upload
        self._live = live
        self._resampler = resampler
        self._partials = partials

    @property
    def spent(self) -> tuple[Usage, ...]:
        """What the live session has consumed so far."""
        return self._live.spent if self._live is not None else ()

    async def push(self, block: Float32Block) -> None:
        if self._live is not None:
            await self._live.push(block)
        if len(piece := self._resampler.push(block)):
            await self._upload.push(piece)

    async def finish(self) -> Transcript:
        spent: tuple[Usage, ...] = ()
        if self._live is not None:
            try:
                return await self._live.finish()
            except VoiceAppError as error:
                self._owner.failed(error)
                spent = self._live.spent
        self._partials.is_open = True
        if len(rest := self._resampler.finish()):
            await self._upload.push(rest)
        transcript = await self._upload.finish()
        return replace(transcript, engine=self._owner.upload.label, spent=(*spent, *transcript.spent))

"""The desk for recordings: turned into words again, in other ways than set, and their words written to files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from gettext import gettext as _
from pathlib import Path

from voiceapp.core.conversation import Take, TakeState
from voiceapp.core.errors import VoiceAppError
from voiceapp.core.events import Notice, TakeChanged
from voiceapp.core.hearing import ExportTranscript, HearingOptions, TakePartial, TranscribeTake, request_of
from voiceapp.core.settings import Job
from voiceapp.core.speech import HearingRequest, Transcript
from voiceapp.core.transcript_formats import (
    Format,
    format_of,
    has_speakers,
    has_times,
    times_are_shares,
    transcript_of,
    written,
)
from voiceapp.ports import SpeechToText
from voiceapp.voice.account import Account
from voiceapp.voice.hearing import tell_gaps, transcribe
from voiceapp.voice.metered_engines import MeteredHearing
from voiceapp.voice.studio import Studio


class RecordingsDesk:
    """Works on takes beside the turn; nothing of it is answered. TakeChanged is the last word on each.

    Args:
        write: puts a text into a file, replacing what was there; blocking. Raises StoreError.
    """

    def __init__(self, studio: Studio, write: Callable[[Path, str], None]) -> None:
        self._studio = studio
        self._write = write

    def takes(self, command: object) -> bool:
        """As Desk."""
        return isinstance(command, TranscribeTake | ExportTranscript)

    async def do(self, command: object) -> None:
        """As Desk."""
        match command:
            case TranscribeTake(take_id, options):
                await self._transcribe(take_id, options)
            case ExportTranscript(take_id, path):
                await self._export(take_id, Path(path))

    async def _transcribe(self, take_id: int, options: HearingOptions) -> None:
        studio, parts = self._studio, self._studio.parts
        take = await parts.store.take(take_id)
        account = Account(studio.meter, studio.emit)
        account.take_id = take_id
        account.announce(Job.TRANSCRIPTION, {"seconds": take.duration_s}, seconds=take.duration_s)
        try:
            own = await parts.maker.hearing(studio.settings, options.provider) if options.provider else None
            try:
                engine = MeteredHearing(own or studio.engines.hearing, account, options.provider)
                transcript = await self._heard(take, engine, options)
            finally:
                if own is not None:
                    await own.close()
        except VoiceAppError as error:
            await self._failed(take, error)
            return
        finally:
            account.close()
        await self._keep(take, transcript, transcript.engine or engine.label)
        if self._request(options).are_speakers_told and transcript.text and not has_speakers(transcript):
            studio.emit(Notice(_("{engine} did not tell who speaks.").format(engine=engine.label)))

    async def _heard(self, take: Take, engine: SpeechToText, options: HearingOptions) -> Transcript:
        studio, store = self._studio, self._studio.parts.store

        def on_partial(text: str) -> None:
            studio.emit(TakePartial(take.id, text))

        clip = await store.load_take(take.id)
        return await transcribe(engine, clip, self._request(options), studio.parts.make_resampler, on_partial)

    def _request(self, options: HearingOptions) -> HearingRequest:
        settings = self._studio.settings
        usual = request_of(settings.hearing, settings.language, settings.vocabulary, is_recording=True)
        return options.applied(usual)

    async def _keep(self, take: Take, transcript: Transcript, label: str) -> None:
        """Store what was heard; silence does not replace words that are there."""
        studio = self._studio
        if not transcript.text.strip():
            studio.emit(Notice(_("No words were found in the recording.")))
            studio.emit(TakeChanged(take))
            return
        reasons = " ".join(dict.fromkeys(gap.reason for gap in transcript.gaps))
        changed = await studio.parts.store.update_take(
            take.id,
            state=TakeState.TRANSCRIBED,
            text=transcript.text.strip(),
            engine=label,
            error=reasons,
            details=transcript.details,
        )
        tell_gaps(transcript, studio.emit)
        studio.emit(TakeChanged(changed))

    async def _failed(self, take: Take, error: VoiceAppError) -> None:
        """A take that had no words says why; one that has some keeps them."""
        if not take.text:
            take = await self._studio.parts.store.update_take(take.id, state=TakeState.FAILED, error=error.message)
        self._studio.emit(Notice(error.message, error.hint, is_problem=True))
        self._studio.emit(TakeChanged(take))

    async def _export(self, take_id: int, path: Path) -> None:
        take = await self._studio.parts.store.take(take_id)
        transcript, form = transcript_of(take), format_of(path.name)
        text = written(transcript, form, name=Path(take.file).stem, duration_s=take.duration_s, engine=take.engine)
        await asyncio.to_thread(self._write, path, text)
        is_vague = form in (Format.SRT, Format.VTT) and not has_times(transcript)
        hint = times_are_shares() if is_vague else ""
        self._studio.emit(Notice(_("The words were saved as {name}.").format(name=path.name), hint))

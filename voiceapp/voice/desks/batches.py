"""The desk for work in batches: estimates, starts, lists, cancels, and asks the service until all is done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from gettext import gettext as _
from gettext import ngettext
from typing import Any, get_args

from voiceapp.core import batch as b
from voiceapp.core.batch_requests import PRICE_SHARE, poll_after_s
from voiceapp.core.errors import unexpected
from voiceapp.core.events import Notice
from voiceapp.core.settings import Job
from voiceapp.core.speech import Usage
from voiceapp.voice.account import Account
from voiceapp.voice.batching import Batching
from voiceapp.voice.studio import Studio

log = logging.getLogger("voiceapp.voice")

COMMANDS = get_args(b.BatchCommand)
START_S = 3.0
"""How long after the start jobs of before are taken up again."""


class BatchDesk:
    """Keeps ``voice.parts.Desk``. Runs on the voice loop."""

    def __init__(self, studio: Studio, batching: Batching) -> None:
        self._studio = studio
        self._batching = batching
        self._followed: dict[int, asyncio.Task[None]] = {}
        batching.on_usage = self._count

    def takes(self, command: object) -> bool:
        """As Desk.takes."""
        return isinstance(command, COMMANDS)

    async def do(self, command: object) -> None:
        """As Desk.do."""
        batching, settings, emit = self._batching, self._studio.settings, self._studio.emit
        match command:
            case b.EstimateBatch(task, sources):
                offer = await batching.offer(settings, task, sources)
                emit(b.BatchEstimated(task, sources, offer.estimate, offer.engine))
            case b.StartBatch(task, sources):
                await Account(self._studio.meter, emit).allow(Job.CHAT)
                self._follow(await batching.start(settings, task, sources))
                emit(b.BatchesListed(await batching.store.jobs()))
            case b.ListBatches():
                emit(b.BatchesListed(await batching.store.jobs()))
            case b.ShowBatchLines(job_id):
                emit(b.BatchLinesShown(job_id, await batching.store.lines(job_id)))
            case b.CancelBatch(job_id):
                await self._cancel(job_id)

    async def resume(self) -> None:
        """Take up the jobs of before. Never raises."""
        await asyncio.sleep(START_S)
        try:
            for job in await self._batching.store.jobs():
                if not job.is_over:
                    self._follow(job)
        except Exception as fault:
            log.warning("jobs in batches cannot be taken up: %s", unexpected(fault).message)

    def _follow(self, job: b.BatchJob) -> None:
        if job.id not in self._followed:
            self._spawn(job.id, self._until_over(job))

    def _spawn(self, job_id: int, work: Coroutine[Any, Any, None]) -> None:
        task = self._studio.beside(work, f"batch-{job_id}")
        self._followed[job_id] = task
        task.add_done_callback(lambda _task: self._followed.pop(job_id, None))

    def _count(self, usage: Usage) -> None:
        meter = self._studio.meter
        meter.add(meter.priced(Job.CHAT, usage, PRICE_SHARE))

    async def _cancel(self, job_id: int) -> None:
        """Stop following, tell the service, and follow again until it has stopped."""
        if (task := self._followed.get(job_id)) is not None:
            task.cancel()
            await asyncio.wait([task])
        job = await self._batching.cancel(self._studio.settings, job_id)
        self._studio.emit(b.BatchChanged(job))
        if not job.is_over:
            self._follow(job)

    async def _until_over(self, job: b.BatchJob) -> None:
        """Move the job until it is over; what fails on the way is tried again, rarer and rarer."""
        polls = 0
        while not job.is_over:
            try:
                moved = await self._batching.step(self._studio.settings, job)
            except Exception as fault:
                error = unexpected(fault)
                log.info("batch %s waits: %s", job.id, error.message)
                if polls == 0:
                    self._studio.emit(Notice(error.message, _("The batch goes on by itself later.")))
                polls += 1
            else:
                polls = polls + 1 if moved == job else 0
                if moved != job:
                    self._studio.emit(b.BatchChanged(moved))
                job = moved
            if not job.is_over:
                await asyncio.sleep(poll_after_s(polls))
        self._studio.emit(Notice(ending(job)))


def ending(job: b.BatchJob) -> str:
    """Say how a job ended."""
    match job.state:
        case b.BatchState.FAILED:
            return job.problem or _("The batch failed.")
        case b.BatchState.CANCELLED:
            words = ngettext(
                "The batch was cancelled; {done} of {total} text is done.",
                "The batch was cancelled; {done} of {total} texts are done.",
                job.total,
            )
            return words.format(done=job.done, total=job.total)
        case _ if job.failed:
            words = ngettext(
                "The batch is done: {done} text, {failed} failed.",
                "The batch is done: {done} texts, {failed} failed.",
                job.done,
            )
            return words.format(done=job.done, failed=job.failed)
        case _:
            words = ngettext("The batch is done: {done} text.", "The batch is done: {done} texts.", job.done)
            return words.format(done=job.done)

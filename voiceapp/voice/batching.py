"""Work in batches: every step is on disk before the next, so that a job goes on where it was after any end.

A job moves by :meth:`Batching.step`: send the next file, look how far the service is, take the results, put them where
they belong; what failed for a passing reason waits for the next file.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from gettext import gettext as _
from typing import Protocol

from voiceapp.core.batch import BatchJob, BatchLine, BatchState, Estimate, LineState, Remote, Task
from voiceapp.core.batch_requests import cost_usd, estimate, merged, next_file, results_from
from voiceapp.core.errors import BadRequest, ConfigError, ProviderError, StoreError
from voiceapp.core.settings import Settings
from voiceapp.core.speech import Usage
from voiceapp.ports.batches import BatchService, BatchServices, BatchStore, Texts

log = logging.getLogger("voiceapp.voice")


class Lock(Protocol):
    """Held by one process at a time."""

    def acquire(self) -> bool:
        """Take it; False where another has it. Does not wait."""
        ...

    def release(self) -> None:
        """Give it back."""
        ...


@dataclass(frozen=True)
class Offer:
    """What a job would take, and who would do it."""

    estimate: Estimate
    engine: str
    model: str


class Batching:
    """Starts, moves and ends jobs. Lives on the voice loop.

    Args:
        folder: where results of conversations go.
        prices: of a model, by kind, in dollars per million tokens; empty = unknown.
        lock_for: of a job: the window and a command must not both send it.

    Attributes:
        on_usage: gets what a finished file consumed; it costs ``core.batch_requests.PRICE_SHARE`` of the usual price.
    """

    def __init__(
        self,
        store: BatchStore,
        services: BatchServices,
        texts: Texts,
        folder: str,
        prices: Callable[[str], Mapping[str, float]],
        lock_for: Callable[[int], Lock],
    ) -> None:
        self.store = store
        self._services = services
        self._texts = texts
        self._folder = folder
        self._prices = prices
        self._lock_for = lock_for
        self.on_usage: Callable[[Usage], None] = lambda _usage: None

    async def offer(self, settings: Settings, task: Task, sources: Sequence[str], provider: str = "") -> Offer:
        """Return what a job would take. Raises ConfigError where there is nothing to work on."""
        texts = await self._gathered(sources)
        service = await self._services.batches(settings, provider)
        try:
            model = await service.model()
            return Offer(estimate((text for _source, text in texts), task, self._prices(model)), service.label, model)
        finally:
            await service.close()

    async def start(self, settings: Settings, task: Task, sources: Sequence[str], provider: str = "") -> BatchJob:
        """Keep a new job; nothing is sent yet."""
        texts = await self._gathered(sources)
        service = await self._services.batches(settings, provider)
        try:
            name, model = service.provider, await service.model()
        finally:
            await service.close()
        lines = [BatchLine(number, source, text) for number, (source, text) in enumerate(texts, start=1)]
        return await self.store.begin(task, name, model, uuid.uuid4().hex, self._folder, lines)

    async def _gathered(self, sources: Sequence[str]) -> tuple[tuple[str, str], ...]:
        texts = await self._texts.gather(sources)
        if not texts:
            raise ConfigError(_("There is no transcript to work on."))
        return texts

    async def step(self, settings: Settings, job: BatchJob) -> BatchJob:
        """Move *job* as far as it goes now; unchanged where the service is still working. Raises ProviderError."""
        lock = self._lock_for(job.id)
        if not lock.acquire():  # another process moves it
            return await self.store.job(job.id)
        try:
            return await self._moved(settings, await self.store.job(job.id))
        finally:
            lock.release()

    async def _moved(self, settings: Settings, job: BatchJob) -> BatchJob:
        if job.is_over:
            return job
        service = await self._services.batches(settings, job.provider, job.model)
        try:
            if job.batch_id:
                return await self._look(service, job)
            if job.state is BatchState.CANCELLING:
                return await self._close(job, BatchState.CANCELLED)
            return await self._send(service, job)
        except BadRequest as error:
            log.info("a batch was refused: %s", error.detail)
            return await self._close(job, BatchState.FAILED, f"{error.message} {error.hint}".strip())
        finally:
            await service.close()

    async def cancel(self, settings: Settings, job_id: int) -> BatchJob:
        """Stop a job; results that the service has finished are still taken."""
        job = await self.store.job(job_id)
        if job.is_over:
            return job
        return await self.step(settings, await self.store.change(job_id, state=BatchState.CANCELLING))

    # --- inside -------------------------------------------------------------------------------------------

    async def _send(self, service: BatchService, job: BatchJob) -> BatchJob:
        """Send the next file: upload, note its id, begin, note that. After a crash in between nothing begins twice."""
        lines = await self.store.lines(job.id)
        await self._deliver(job, lines)
        data, numbers = next_file(lines, job.task, job.model)
        if job.file_id:  # a crash: was the batch begun?
            remote = await service.find(job.file_id, job.token)
            if remote is not None:
                return await self._begun(job, remote)
            remote = await service.create(job.file_id, job.token)
            return await self._begun(job, remote)
        if not numbers:
            return await self._close(job, BatchState.DONE)
        file_id = await service.upload(data)
        sent = [
            replace(line, state=LineState.SENT, attempts=line.attempts + 1) for line in lines if line.number in numbers
        ]
        job = await self.store.change(job.id, file_id=file_id, lines=sent)
        return await self._begun(job, await service.create(file_id, job.token))

    async def _begun(self, job: BatchJob, remote: Remote) -> BatchJob:
        return await self.store.change(job.id, state=BatchState.RUNNING, batch_id=remote.id, at_service=0)

    async def _look(self, service: BatchService, job: BatchJob) -> BatchJob:
        remote = await service.status(job.batch_id)
        if job.state is BatchState.CANCELLING and not remote.is_over and remote.status != "cancelling":
            remote = await service.cancel(job.batch_id)
        if not remote.is_over:
            done = remote.completed + remote.failed
            return await self.store.change(job.id, at_service=done) if done != job.at_service else job
        data = b""
        for file_id in (remote.output_file, remote.error_file):
            if file_id:
                data += await service.download(file_id) + b"\n"
        if remote.status == "failed" and not data:
            problem = _("The service refused the batch.") + (f" ({remote.problem})" if remote.problem else "")
            return await self._close(job, BatchState.FAILED, problem)
        if remote.status == "cancelled":  # perhaps not by us: then it is not begun again either
            job = await self.store.change(job.id, state=BatchState.CANCELLING)
        job = await self._take(job, data, remote)
        for file_id in (job.file_id, remote.output_file, remote.error_file):
            await self._forget(service, file_id)
        return await self._after(job)

    async def _take(self, job: BatchJob, data: bytes, remote: Remote) -> BatchJob:
        """Keep the results. The file's id stays until they are delivered: with it they are found again."""
        lines = await self.store.lines(job.id)
        changed = merged(lines, results_from(data))
        tokens_in, tokens_out = sum(one.tokens_in for one in changed), sum(one.tokens_out for one in changed)
        before = {line.number: line for line in lines}
        used_in = tokens_in - sum(before[one.number].tokens_in for one in changed)
        used_out = tokens_out - sum(before[one.number].tokens_out for one in changed)
        usd = cost_usd(used_in, used_out, self._prices(job.model))
        total = usd + (job.usd or 0.0) if usd is not None else None
        job = await self.store.change(job.id, batch_id="", at_service=0, usd=total, lines=changed)
        amounts = {"text_in": float(used_in), "text_out": float(used_out)}
        if used_in or used_out:
            self.on_usage(Usage(job.provider, job.model, amounts))
        log.info("batch %s ended as %s: %s lines", remote.id, remote.status, len(changed))
        return job

    async def _after(self, job: BatchJob) -> BatchJob:
        """Deliver; then the job is over, or waits to send what is left."""
        lines = await self.store.lines(job.id)
        await self._deliver(job, lines)
        job = await self.store.change(job.id, file_id="")
        if job.state is BatchState.CANCELLING:
            return await self._close(job, BatchState.CANCELLED)
        if any(line.state is LineState.WAITING for line in lines):
            return await self.store.change(job.id, state=BatchState.WAITING)
        return await self._close(job, BatchState.DONE)

    async def _deliver(self, job: BatchJob, lines: Sequence[BatchLine]) -> None:
        """Put every result that has no place yet where it belongs; one that cannot be written fails alone."""
        for line in lines:
            if line.state is not LineState.DONE or line.target:
                continue
            try:
                target = await self._texts.deliver(line.source, job.folder, job.task, line.result)
                line = replace(line, target=target)
            except (StoreError, ConfigError) as error:
                line = replace(line, state=LineState.FAILED, error=error.message)
            await self.store.change(job.id, lines=[line])

    async def _close(self, job: BatchJob, state: BatchState, problem: str = "") -> BatchJob:
        """End the job; lines without a result say so."""
        lines = [
            replace(line, state=LineState.FAILED, error=line.error or problem or _("not done"))
            for line in await self.store.lines(job.id)
            if line.state in (LineState.WAITING, LineState.SENT)
        ]
        return await self.store.change(
            job.id, state=state, problem=problem, file_id="", batch_id="", at_service=0, lines=lines
        )

    async def _forget(self, service: BatchService, file_id: str) -> None:
        """Leave none of the person's words at the service; one that stays is deleted there after 30 days."""
        if file_id:
            try:
                await service.forget(file_id)
            except ProviderError as error:
                log.info("a file stays at the service: %s", error.message)

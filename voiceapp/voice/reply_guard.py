"""The gate between a reply's clauses and the loudspeaker.

Every clause is sent to be checked when it is cut, while its sound is still being made and the ones before it play, so
that in the usual case nothing waits. Where a clause is too much (or cannot be checked and the rule says so), it and
all that follows is not heard.
"""

from __future__ import annotations

import asyncio
from gettext import gettext as _
from typing import TYPE_CHECKING

from voiceapp.core.checks import Checked, Part, Subject
from voiceapp.core.clauses import Clause
from voiceapp.core.moderation import STOPPING, Action, Checkpoint, Decision, decide, decide_failure
from voiceapp.core.passages import Passage
from voiceapp.voice.studio import Studio

if TYPE_CHECKING:
    from voiceapp.voice.guard import Finding, Guard

LANES = 2
"""Requests under way at once; clauses cut meanwhile go together in the next one."""


class ReplyGuard:
    """Call it with each clause as ``voice.answer.Gate``; then :meth:`close`."""

    def __init__(self, guard: Guard, studio: Studio, subject: Subject, turn: int) -> None:
        self._guard = guard
        self._studio = studio
        self._subject = subject
        self._turn = turn
        self._is_blocking = guard.action(Checkpoint.REPLY) is Action.BLOCK
        self._waiting: list[tuple[Clause, asyncio.Future[bool]]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._parts: list[Part] = []
        self._problems: list[Finding] = []
        self._decision = Decision.PASSED
        self._longest_ms = 0.0

    def __call__(self, clause: Clause) -> asyncio.Future[bool]:
        """Have *clause* checked; the future says whether it may sound. Where checks only show, it says so at once."""
        allowed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if not self._is_blocking:
            allowed.set_result(True)
        self._waiting.append((clause, allowed))
        self._go_on()
        return allowed

    def close(self) -> None:
        """No more clauses follow. What is still under way is told when it ends."""
        self._studio.beside(self._conclude(), "check-reply")

    def _go_on(self) -> None:
        if self._waiting and len(self._running) < LANES:
            batch, self._waiting = self._waiting, []
            task = self._studio.beside(self._check(batch), "check-clause")
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _check(self, batch: list[tuple[Clause, asyncio.Future[bool]]]) -> None:
        finding = await self._guard.ask([clause.text for clause, _allowed in batch])
        self._longest_ms = max(self._longest_ms, finding.duration_ms)
        policy = self._guard.policy
        if finding.problem is not None:
            self._problems.append(finding)
            self._let(batch, decide_failure(policy, Checkpoint.REPLY))
        else:
            for one, verdict in zip(batch, finding.verdicts, strict=True):
                self._parts.append(Part(Passage(one[0].start, one[0].end), verdict))
                self._let([one], decide(verdict, policy, Checkpoint.REPLY))
        task = asyncio.current_task()
        if task is not None:
            self._running.discard(task)
        self._go_on()

    def _let(self, batch: list[tuple[Clause, asyncio.Future[bool]]], decision: Decision) -> None:
        self._decision = _graver(self._decision, decision)
        if decision is Decision.UNCHECKED:
            what = _("A part of the answer could not be checked and is spoken all the same.")
            self._guard.note_failure(self._problems[-1].problem, what)  # type: ignore[arg-type]
        for _clause, allowed in batch:
            if not allowed.done():
                allowed.set_result(decision not in STOPPING)

    async def _conclude(self) -> None:
        while self._running:
            await asyncio.wait(set(self._running))
        problem = self._problems[0].problem if self._problems else None
        parts = sorted(self._parts, key=lambda part: part.passage.start)
        if not parts and problem is None:
            return
        checked = Checked(
            subject=self._subject,
            checkpoint=Checkpoint.REPLY,
            decision=self._decision,
            text=self._text(),
            parts=tuple(parts),
            engine=self._guard.engine,
            duration_ms=self._longest_ms,
            problem=problem.message if problem else "",
            limits=self._guard.policy.limits,
        )
        await self._guard.keep(checked, problem)

    def _text(self) -> str:
        """The reply, as far as it is written."""
        message = self._studio.history.message(self._subject.id) if self._subject.id else None
        return message.text if message else ""


_GRAVITY = (Decision.PASSED, Decision.UNCHECKED, Decision.SHOWN, Decision.HELD, Decision.BLOCKED)


def _graver(one: Decision, other: Decision) -> Decision:
    return max(one, other, key=_GRAVITY.index)

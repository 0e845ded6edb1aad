"""``voiceapp talk``: push-to-talk with Enter, in the terminal."""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from gettext import gettext as _

from voiceapp.cli.ask import chat_of, with_chat
from voiceapp.cli.hosting import Hosting
from voiceapp.cli.narrator import Narrator
from voiceapp.cli.output import Output
from voiceapp.cli.outside import TerminalOutside
from voiceapp.cli.permission import answer, question, refuse
from voiceapp.cli.running import Context, run_job
from voiceapp.core import events as e
from voiceapp.core.commands import SendText, StartTalking, StopTalking
from voiceapp.core.settings import Settings
from voiceapp.core.tool_events import AnswerPermission, PermissionAsked, PermissionSettled
from voiceapp.core.turn import Phase
from voiceapp.voice.session import VoiceSession
from voiceapp.wiring.session import Opening, open_session


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: talk(context, arguments))


async def talk(context: Context, arguments: argparse.Namespace) -> int:
    """Talk until the input ends or Ctrl+C; both are a good end: the session stores the turn that is running."""
    try:
        await _talk(context, arguments)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        assert task is not None
        task.uncancel()
    context.output.end_line()
    return 0


async def _talk(context: Context, arguments: argparse.Namespace) -> None:
    def adjusted(settings: Settings) -> Settings:
        settings = with_chat(settings, chat_of(arguments))
        settings = settings.heard_live() if arguments.live else settings
        return replace(settings, is_reply_aloud=settings.is_reply_aloud and not arguments.silent)

    lines, talker = typed_lines(), Talker(context.output)
    hosting = Hosting(context.output, arguments, is_each_told=True)

    def emit(event: e.Event) -> None:
        talker(event)
        hosting.take(event)

    opening = Opening(
        context.paths,
        on_key=context.on_key,
        when_spent=context.when_spent,
        provider=context.provider,
        outside=TerminalOutside(),
        trace=arguments.trace,
        adjusted=adjusted,
    )
    async with open_session(opening, emit) as session:
        talker.handle = session.handle
        await hosting.choose(session.handle)
        context.output.text(_("Enter: talk, Enter again: send. A typed line is asked in writing. Ctrl+C ends."))
        while (line := await lines.get()) is not None:
            if line.strip() and not sys.stdin.isatty():
                await session.settle()  # a list of questions: nobody is there to interrupt
            talker.obey(session, line)
        if talker.phase is Phase.LISTENING:
            session.handle(StopTalking())
        await session.settle()


class Talker:
    """Turns lines into commands by what the session is doing."""

    def __init__(self, output: Output) -> None:
        self.phase = Phase.IDLE
        self.handle: Callable[[AnswerPermission], None] = lambda _answer: None
        self._asked: list[PermissionAsked] = []
        self._output = output
        self._narrator = Narrator(output)

    def __call__(self, event: e.Event) -> None:
        """Take the next event."""
        match event:
            case e.PhaseChanged(phase=phase):
                self.phase = phase
                self._output.event("phase", phase=phase.value)
            case e.AudioFlowing():
                self._output.text(_("Listening. Enter sends."))
                self._output.event("listening")
            case PermissionAsked():
                self._on_asked(event)
            case PermissionSettled(number):
                self._asked = [asked for asked in self._asked if asked.id != number]
        self._narrator(event)

    def _on_asked(self, asked: PermissionAsked) -> None:
        if not sys.stdin.isatty():
            refuse(self._output, asked, self.handle)
            return
        self._asked.append(asked)
        if len(self._asked) == 1:
            question(self._output, asked)

    def obey(self, session: VoiceSession, line: str) -> None:
        """Act on one line: words are asked, an empty line is the talk key."""
        if self._asked:
            session.handle(AnswerPermission(self._asked[0].id, answer(line)))
            if len(self._asked) > 1:
                question(self._output, self._asked[1])
        elif line.strip():
            session.handle(SendText(line.strip()))
        elif self.phase is Phase.LISTENING:
            session.handle(StopTalking())
        else:
            session.handle(StartTalking())


def typed_lines() -> asyncio.Queue[str | None]:
    """Return a queue of the lines of standard input; None at its end.

    A thread reads, because not every console can be polled.
    """
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        line: str | None = ""
        while line is not None:
            try:
                line = sys.stdin.readline() or None
            except (OSError, ValueError):
                line = None
            try:
                loop.call_soon_threadsafe(queue.put_nowait, line)
            except RuntimeError:  # the loop has ended
                return

    threading.Thread(target=read, name="voiceapp-stdin", daemon=True).start()
    return queue

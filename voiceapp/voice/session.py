"""The session: takes commands, lets the reducer decide, runs one turn at a time, tells what happened.

The window, the terminal and the tests drive this same class. Everything runs on one asyncio loop; turn commands act
at once, within the call (silence must not wait for a queue); everything else is worked through in order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from gettext import gettext as _
from typing import Any

from voiceapp.core import commands as c
from voiceapp.core import turn as t
from voiceapp.core.conversation import Role
from voiceapp.core.errors import DeviceError, VoiceAppError, unexpected
from voiceapp.core.events import (
    ConversationOpened,
    Devices,
    DevicesChanged,
    Event,
    Notice,
    PhaseChanged,
    SessionReady,
    TakesListed,
    TurnFailed,
)
from voiceapp.core.own_search import AskNotes
from voiceapp.core.problems import leading, problem_of
from voiceapp.core.settings import Settings
from voiceapp.core.trace import Decision
from voiceapp.ports import EngineSet
from voiceapp.voice.account import Account
from voiceapp.voice.clerk import Clerk
from voiceapp.voice.device_watch import DeviceWatch, News, in_use, told_lost
from voiceapp.voice.errands import Errands
from voiceapp.voice.history import History, Stay
from voiceapp.voice.metering import Meter
from voiceapp.voice.microphone import Microphone
from voiceapp.voice.parts import Desk, Parts
from voiceapp.voice.playback import Playback
from voiceapp.voice.studio import Studio
from voiceapp.voice.tool_runs import ToolRuns
from voiceapp.voice.trials import trial
from voiceapp.voice.turns import Turn

log = logging.getLogger("voiceapp.voice")

LAST_ERRANDS_S = 1.0  # for errands that are under way when the session ends


class VoiceSession:
    """One person's session. Create it by :func:`opened`; use it on its loop only."""

    def __init__(
        self, parts: Parts, settings: Settings, emit: Callable[[Event], None], scope: asyncio.TaskGroup
    ) -> None:
        self._parts = parts
        self._tell = emit
        self._trace = parts.trace
        self._scope = scope
        self._loop = asyncio.get_running_loop()
        self._state = t.TurnState()
        self._turn: Turn | None = None
        self._task: asyncio.Task[None] | None = None
        self._pending: Callable[[Turn], Coroutine[Any, Any, None]] = Turn.talk
        self._pending_aloud = settings.is_reply_aloud
        self._key_at_s = 0.0
        self._errands = Errands(self._do_errand, self._emit)
        self._rings: list[str] = []
        self._tools = parts.make_tools(self._on_timer, emit)
        self.tools_settled = self._tools.settled
        self._background: list[asyncio.Task[None]] = []
        self._desks: tuple[Desk, ...] = ()
        self._studio: Studio
        self._tool_runs: ToolRuns
        self._clerk: Clerk
        self._watch: DeviceWatch

    # --- commands -----------------------------------------------------------------------------------------

    def handle(self, command: object) -> None:
        """Take a command. Voice loop only; returns at once. Turn commands have acted when this returns."""
        if self._trace is not None:
            self._trace("command", command)
        if self._errands.holds(command) or not self._takes(command):
            self._errands.put(command)

    def _takes(self, command: object) -> bool:
        """Begin *command*, unless it is an errand: False then."""
        if self._turn_command(command) or self._tool_runs.act(command):
            return True
        desk = next((desk for desk in self._desks if desk.takes(command)), None)
        if desk is not None:
            self._beside(self._at_desk(desk, command), "desk")
        return desk is not None

    async def _do_errand(self, command: object) -> None:
        if not self._takes(command):  # it may have waited for settings only
            await self._clerk.do(command, self._studio.settings)

    def _turn_command(self, command: object) -> bool:
        """Act on *command* if it is about the turn; False for everything else."""
        is_aloud = self._studio.settings.is_reply_aloud
        match command:
            case c.StartTalking():
                self._begin(t.TalkStarted(), Turn.talk, is_aloud=is_aloud)
            case c.StopTalking(at_s):
                self._key_at_s = at_s or self._loop.time()
                self._decide(t.TalkEnded())
            case c.Interrupt():
                self._decide(t.Stopped())
            case c.SendText(text, wanted):
                aloud = is_aloud if wanted is None else wanted
                self._begin(t.AskedInWriting(), lambda turn: turn.ask(text), is_aloud=aloud)
            case AskNotes(question, wanted, along):
                aloud = is_aloud if wanted is None else wanted
                self._begin(t.AskedInWriting(), lambda turn: turn.ask_notes(question, along), is_aloud=aloud)
            case c.RetryTake(take_id, provider):
                self._begin(t.TakeSent(), lambda turn: turn.retry(take_id, provider), is_aloud=is_aloud)
            case c.PlayTake(take_id):
                self._begin(t.AskedInWriting(), lambda turn: turn.play_take(take_id), is_aloud=True)
            case c.Regenerate() | c.SpeakMessage():
                self._again(command)
            case _:
                return self._is_trial(command)
        return True

    async def settle(self) -> None:
        """Wait until the turn that is running, if any, has ended and is stored."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def _again(self, wish: c.Regenerate | c.SpeakMessage) -> None:
        message = self._studio.history.message(wish.message_id)
        if message is not None and isinstance(wish, c.Regenerate):
            aloud = self._studio.settings.is_reply_aloud
            self._begin(t.AskedInWriting(), lambda turn: turn.regenerate(message), is_aloud=aloud)
        elif message is not None and isinstance(wish, c.SpeakMessage) and message.role is Role.ASSISTANT:
            self._begin(t.AskedInWriting(), lambda turn: turn.read_aloud(message, wish.is_rest), is_aloud=True)

    def _is_trial(self, command: object) -> bool:
        found = trial(command)
        if found is not None:
            self._begin(*found, is_aloud=True)
        return found is not None

    # --- deciding and acting ------------------------------------------------------------------------------

    def _begin(self, event: t.Input, work: Callable[[Turn], Coroutine[Any, Any, None]], *, is_aloud: bool) -> None:
        self._pending, self._pending_aloud = work, is_aloud
        self._decide(event)

    def _decide(self, event: t.Input) -> bool:
        """Put *event* to the reducer and do what it decides; True when it decided anything."""
        before = self._state
        self._state, actions = t.step(before, event)
        if self._trace is not None:
            self._trace("decision", Decision(before, event, self._state, actions))
        for action in actions:
            self._act(action)
        if self._state != before:
            self._emit(PhaseChanged(self._state.phase, self._state.turn))
            if self._rings:
                self._loop.call_soon(self._ring)
        return bool(actions)

    def _emit(self, event: Event) -> None:
        if self._trace is not None:
            self._trace("event", event)
        self._tell(event)
        if isinstance(event, ConversationOpened) and event.conversation.head.id:
            self._beside(self._studio.meter.tell_costs(event.conversation.head.id), "costs")

    def _act(self, action: t.Action) -> None:
        match action:
            case t.Abort():
                if self._turn is not None and self._task is not None:
                    self._turn.cut()
                    self._task.cancel()
            case t.Transcribe(number) if self._turn is not None and self._turn.number == number:
                self._turn.end_of_speech(self._key_at_s or self._loop.time())
                self._key_at_s = 0.0
            case t.Answer(number) if self._turn is not None and self._turn.number == number:
                pass  # the turn's own coroutine goes on
            case t.Listen(number) | t.Transcribe(number) | t.Answer(number):
                self._start(number)

    def _start(self, number: int) -> None:
        # a turn keeps the engines, settings and tools it began with, and its conversation
        studio = self._studio.for_turn(number, self._tools.specs())
        self._errands.put(Stay(studio.history))
        turn = Turn(number, studio, self._task, is_aloud=self._pending_aloud)
        self._turn = turn
        self._task = self._scope.create_task(self._run(turn, self._pending), name=f"turn-{number}")

    async def _run(self, turn: Turn, work: Callable[[Turn], Coroutine[Any, Any, None]]) -> None:
        try:
            await turn.run(work(turn))
        except asyncio.CancelledError:
            await self._keep(turn, None)
            raise
        except Exception as group:
            error = leading(group)
            log.log(logging.INFO if error.code != "error" else logging.ERROR, "turn failed: %s", error, exc_info=group)
            await self._keep(turn, error)
            self._emit(TurnFailed(turn.number, problem_of(error), turn.take_id, turn.message_id))
            self._decide(t.Failed(turn.number))

    async def _keep(self, turn: Turn, error: VoiceAppError | None) -> None:
        try:
            await turn.keep(error)
        except VoiceAppError as lost:
            self._emit(Notice(lost.message, lost.hint, is_problem=True))

    # --- lifetime -----------------------------------------------------------------------------------------

    async def start(self, settings: Settings) -> None:
        """Open what a session needs and tell SessionReady. Recording is possible before any engine is loaded."""
        parts = self._parts
        history = History(parts.store, self._emit)
        self._tool_runs = ToolRuns(
            self._tools, history, self._emit, self._loop.time, lambda: self._studio.settings, self._errands.put
        )
        playback = Playback(parts.devices, parts.make_resampler, self._emit)
        microphone = Microphone(parts.devices, self._on_warm_trouble)
        self._watch = DeviceWatch(parts.devices, self._on_device_news, self._on_device_list)
        self._clerk = Clerk(parts, history, self._emit, self._use)
        meter = Meter(parts.usage, parts.models, self._emit, parts.wall, parts.zone, parts.when_spent)
        await meter.open(settings)
        engines = await self._clerk.engines(settings)
        self._studio = Studio(
            parts=parts,
            history=history,
            microphone=microphone,
            playback=playback,
            vad=parts.make_vad(),
            emit=self._emit,
            decide=self._decide,
            now=self._loop.time,
            settings=settings,
            engines=engines,
            tools=(),
            run_tool=self._tool_runs.run,
            on_microphone_lost=self._on_microphone_lost,
            meter=meter,
            account=Account(meter, self._emit),
            beside=self._beside,
            is_idle=lambda: self._state.phase is t.Phase.IDLE,
        )
        self._use_devices(settings)
        if not parts.are_devices_listed_late:
            await asyncio.to_thread(parts.devices.devices)
        chosen = Devices(input=settings.input_device, output=settings.output_device)
        self._emit(SessionReady(engines.shown, chosen, settings))
        await history.list()
        await history.begin()
        await self._recover()
        self._desks = tuple(parts.make_desks(self._studio))
        for name, work in (
            ("microphone", microphone.keep_warm(self._is_microphone_free)),
            ("devices", self._list_devices()),
            ("clerk", self._errands.work()),
            ("meter", meter.run()),
            ("get-ready", self._get_ready(settings)),
        ):
            self._beside(work, name)

    async def stop(self) -> None:
        """Silence, keep, release."""
        self._decide(t.Stopped())
        await self.settle()
        with suppress(TimeoutError):  # a setting that was changed in the last moment is still stored
            await asyncio.wait_for(self._errands.join(), LAST_ERRANDS_S)
        background = tuple(self._background)  # first: what still works needs what is closed after it
        for task in background:
            task.cancel()
        await asyncio.wait(background)
        await self._tools.close()
        await self._studio.playback.close()
        await self._clerk.close(self._studio.engines)
        self._studio.account.close()
        await self._studio.meter.close()

    async def _at_desk(self, desk: Desk, command: object) -> None:
        try:
            await desk.do(command)
        except Exception as fault:
            error = unexpected(fault)
            log.log(logging.INFO if error is fault else logging.ERROR, "%s failed", type(command), exc_info=fault)
            self._emit(Notice(error.message, error.hint, is_problem=True))

    def _beside(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run *work* until the session ends."""
        task = self._scope.create_task(work, name=name)
        self._background.append(task)
        task.add_done_callback(self._background.remove)
        return task

    async def _get_ready(self, settings: Settings) -> None:
        """What makes the first turn quicker (a first look builds the tools), and the offer of local servers."""
        self._tools.specs()
        await self._studio.engines.preload()
        await self._clerk.discover(settings)

    async def _list_devices(self) -> None:
        """Look for devices, which takes a while, tell them, and follow the chosen ones."""
        await asyncio.to_thread(self._parts.devices.devices)
        self._on_device_list()
        await self._watch.run()

    async def _recover(self) -> None:
        if recovered := await self._parts.store.recover_takes():
            self._emit(TakesListed(await self._parts.store.takes(), recovered))

    async def _use(self, settings: Settings, engines: EngineSet | None) -> Devices:
        """New settings (and engines, where they changed) are in force from the next turn on."""
        old = self._studio.engines
        self._studio.settings = settings
        self._studio.meter.use(settings)
        self._use_devices(settings)
        if engines is not None:
            self._studio.engines = engines
            self._beside(self._retire(old), "retire")
        return self._devices()

    async def _retire(self, engines: EngineSet) -> None:
        """Release *engines* once no turn uses them; until then everything else goes on."""
        try:
            await self.settle()
        finally:
            await self._clerk.close(engines)

    def _use_devices(self, settings: Settings) -> None:
        self._tools.use(settings)
        self._studio.microphone.use(settings.input_device, is_warm=settings.is_microphone_warm)
        self._studio.playback.use(settings.output_device, self._on_loudspeaker_lost)
        self._watch.choose(settings)

    def _devices(self) -> Devices:
        return in_use(self._parts.devices.devices(), self._studio.settings, is_warm=self._studio.microphone.is_warm)

    def _is_microphone_free(self) -> bool:
        return self._state.phase is not t.Phase.LISTENING

    def _on_timer(self, sentence: str) -> None:
        """A timer rang: shown always, heard as soon as nobody is talking."""
        self._emit(Notice(sentence))
        self._rings.append(sentence)
        self._ring()

    def _ring(self) -> None:
        """Ring for what has run out, once nobody talks."""
        if self._rings and self._state.phase is t.Phase.IDLE:
            sentence = self._rings.pop(0)
            self._begin(t.AskedInWriting(), lambda turn: turn.ring(sentence), is_aloud=True)

    def _on_microphone_lost(self, error: DeviceError, is_replaced: bool) -> None:
        self._watch.follow()
        self._emit(DevicesChanged(self._devices(), told_lost(error, is_replaced=is_replaced)))

    def _on_warm_trouble(self, error: DeviceError) -> None:
        """The microphone that was held open between takes failed."""
        self._emit(DevicesChanged(self._devices(), error.message))

    def _on_device_news(self, news: News) -> None:
        """A chosen device went (the default takes over) or is back (used from the next sound on)."""
        studio, phase = self._studio, self._state.phase
        if news.is_back and news.is_input:
            studio.microphone.use(news.name, is_warm=studio.settings.is_microphone_warm)
        elif news.is_input:
            studio.microphone.fall_back()
        else:
            studio.playback.use(news.name if news.is_back else "", self._on_loudspeaker_lost)
        is_in_use = phase is (t.Phase.LISTENING if news.is_input else t.Phase.SPEAKING)
        is_told = is_in_use and not news.is_back  # a device in use tells itself, with what became of the turn
        self._emit(DevicesChanged(self._devices(), "" if is_told else news.sentence))

    def _on_device_list(self) -> None:
        self._emit(DevicesChanged(self._devices()))

    def _on_loudspeaker_lost(self) -> None:
        self._emit(DevicesChanged(self._devices(), _("The loudspeaker is gone; the default one is used.")))


@asynccontextmanager
async def opened(parts: Parts, settings: Settings, emit: Callable[[Event], None]) -> AsyncIterator[VoiceSession]:
    """Open a session; leaving the context stores everything and ends every task."""
    async with asyncio.TaskGroup() as scope:
        session = VoiceSession(parts, settings, emit, scope)
        await session.start(settings)
        try:
            yield session
        finally:
            await session.stop()

"""A session's tool calls: asked about where needed, run, kept with the reply that they stand with, told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from voiceapp.core.commands import ApplySettings
from voiceapp.core.conversation import ToolUse
from voiceapp.core.events import Event, ToolUsed
from voiceapp.core.settings import Settings
from voiceapp.core.speech import ToolCall, ToolResult
from voiceapp.core.tool_events import AnswerPermission, ListTools, ToolsListed
from voiceapp.core.tool_settings import Permission
from voiceapp.ports import Tools
from voiceapp.voice.history import History
from voiceapp.voice.permits import Permits

DENIED = "The person did not allow this. Go on without it, and do not try again unless they ask for it."
"""For the model."""


class ToolRuns:
    """Between the model's calls and *tools*.

    Args:
        now: the loop's clock in seconds.
        settings: those in force.
        order: takes a command that is worked through later.
    """

    def __init__(
        self,
        tools: Tools,
        history: History,
        emit: Callable[[Event], None],
        now: Callable[[], float],
        settings: Callable[[], Settings],
        order: Callable[[object], None],
    ) -> None:
        self._tools = tools
        self._history = history
        self._emit = emit
        self._now = now
        self._settings = settings
        self._order = order
        self._permits = Permits(emit, self._keep)

    def act(self, command: object) -> bool:
        """Act on *command* if it is about tools; False for everything else."""
        match command:
            case AnswerPermission(number, answer):
                self._permits.answer(number, answer)
            case ListTools():
                self._emit(ToolsListed(self._tools.rows(), self._tools.servers()))
            case _:
                return False
        return True

    async def run(self, turn: int, message_id: int, call: ToolCall) -> ToolResult:
        """Run *call* for the reply *message_id* of *turn*, once the person agrees where they are to be asked."""
        wish = self._tools.wish(call)
        if wish is not None and not await self._permits.may(turn, wish):
            return await self._used(turn, message_id, call, ToolResult(call.id, DENIED, is_error=True), 0.0)
        begun_s = self._now()
        result = await self._tools.run(call)
        return await self._used(turn, message_id, call, result, 1000.0 * (self._now() - begun_s))

    async def _used(
        self, turn: int, message_id: int, call: ToolCall, result: ToolResult, duration_ms: float
    ) -> ToolResult:
        arguments, text, is_error = call.arguments, result.text, result.is_error
        use = ToolUse(call.id, call.name, arguments, text, is_error, duration_ms)
        await self._history.add_tool_use(message_id, use)
        self._emit(ToolUsed(turn, call.name, arguments, text, is_error, duration_ms, message_id))
        return result

    def _keep(self, tool: str, permission: Permission) -> None:
        """A decision that lasts is in force at once, and stored."""
        settings = self._settings()
        settings = replace(settings, tool_permissions={**settings.tool_permissions, tool: permission})
        self._tools.use(settings)
        self._order(ApplySettings(settings))

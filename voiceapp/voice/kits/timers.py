"""The kit of timers. They last as long as the program runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext
from typing import Annotated, Any

from voiceapp.core.errors import ToolError
from voiceapp.core.schema import AtMost, Within
from voiceapp.core.tools import Effect, tool

TIMERS_LIMIT = 50
WEEK_S = 7 * 86_400


@dataclass
class _Timer:
    name: str
    rings_at_s: float
    handle: asyncio.TimerHandle


class Timers:
    """Timers on the voice loop. *ring* is called there with a sentence when one has run out."""

    def __init__(self, ring: Callable[[str], None]) -> None:
        self._ring = ring
        self._timers: dict[int, _Timer] = {}
        self._last_number = 0

    @tool(Effect.CHANGES_OWN)
    async def set_timer(
        self,
        seconds: Annotated[float, "From now.", Within(1, WEEK_S)],
        name: Annotated[str | None, "What it is for; null for nothing.", AtMost(60)] = None,
    ) -> dict[str, Any]:
        """Ring after a while. Lasts as long as the program runs."""
        if len(self._timers) >= TIMERS_LIMIT:
            raise ToolError(_("{n} timers are running; cancel one first.").format(n=TIMERS_LIMIT))
        self._last_number += 1
        number, name = self._last_number, (name or "").strip()
        loop = asyncio.get_running_loop()
        handle = loop.call_later(float(seconds), self._rang, number)
        self._timers[number] = _Timer(name, handle.when(), handle)
        return {"number": number, "name": name, "seconds": round(seconds)}

    @tool(Effect.READS_OWN)
    async def list_timers(self) -> dict[str, Any]:
        """The timers that are running."""
        now_s = asyncio.get_running_loop().time()
        return {
            "timers": [
                {"number": number, "name": timer.name, "seconds_left": max(0, round(timer.rings_at_s - now_s))}
                for number, timer in self._timers.items()
            ]
        }

    @tool(Effect.CHANGES_OWN)
    async def cancel_timer(
        self,
        number: Annotated[int | None, "As list_timers gives it; null where the name says it.", Within(1, 1e9)] = None,
        name: Annotated[str | None, "Its name; null where the number says it.", AtMost(60)] = None,
        all: Annotated[bool | None, "True cancels every timer."] = None,
    ) -> dict[str, Any]:
        """Cancel a timer by number or name; without either the only one, or all with all=true."""
        chosen = list(self._timers) if all else self._chosen(number, (name or "").strip().lower())
        for one in chosen:
            self._timers.pop(one).handle.cancel()
        return {"cancelled": len(chosen), "left": len(self._timers)}

    async def close(self) -> None:
        """Forget the timers; none rings any more."""
        for timer in self._timers.values():
            timer.handle.cancel()
        self._timers.clear()

    def _rang(self, number: int) -> None:
        name = self._timers.pop(number).name
        self._ring(_("The timer “{name}” has run out.").format(name=name) if name else _("The timer has run out."))

    def _chosen(self, number: int | None, name: str) -> list[int]:
        if not self._timers:
            return []
        if number is not None:
            chosen = [one for one in self._timers if one == number]
        elif name:
            chosen = [one for one, timer in self._timers.items() if timer.name.lower() == name]
        else:
            chosen = list(self._timers)
            if len(chosen) > 1:
                raise ToolError(
                    ngettext("{n} timer is running", "{n} timers are running", len(chosen)).format(n=len(chosen))
                    + _("; say which by number or name, or all=true.")
                )
        if not chosen:
            running = ", ".join(f"{one} {timer.name}".strip() for one, timer in self._timers.items())
            raise ToolError(_("There is no such timer; running are: {running}.").format(running=running))
        return chosen

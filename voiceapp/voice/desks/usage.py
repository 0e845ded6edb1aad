"""What was consumed and cost, and the answers to the budget's questions."""

from __future__ import annotations

from gettext import ngettext
from pathlib import Path

from voiceapp.core.budget import AnswerBudget, BudgetCommand, ExportUsage, ShowUsage, UsageListed
from voiceapp.core.events import Notice
from voiceapp.core.usage import month_bounds
from voiceapp.voice.studio import Studio


class UsageDesk:
    """Keeps ``voice.parts.Desk``."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def takes(self, command: object) -> bool:
        """As Desk."""
        return isinstance(command, BudgetCommand)

    async def do(self, command: object) -> None:
        """As Desk."""
        studio = self._studio
        match command:
            case AnswerBudget(number, answer):
                studio.meter.gate.answer(number, answer)
            case ShowUsage(month):
                studio.emit(UsageListed(await studio.meter.report(month)))
            case ExportUsage(path, month):
                await self._export(Path(path), month)

    async def _export(self, path: Path, month: str) -> None:
        meter = self._studio.meter
        await meter.flush()
        begin, end = month_bounds(month, meter.zone) if month else (0.0, None)
        count = await meter.log.export(path, begin, end, meter.zone)
        words = ngettext("{n} line was written to {name}.", "{n} lines were written to {name}.", count)
        self._studio.emit(Notice(words.format(n=count, name=path.name)))

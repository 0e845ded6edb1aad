"""Moderation's word on images, for the desk that draws: keeps ``ports.ImageGate``."""

from __future__ import annotations

from gettext import gettext as _

from voiceapp.core.checks import Checked
from voiceapp.core.errors import Refused
from voiceapp.core.moderation import Action, Checkpoint
from voiceapp.voice.guard import Guard
from voiceapp.voice.studio import Studio


class GuardGate:
    """Asks the session's guard, by the rules that are in force at that moment."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    @property
    def hides_previews(self) -> bool:
        """As ImageGate: a picture that may be held back is not shown in part either."""
        return Guard(self._studio).action(Checkpoint.IMAGE) is Action.BLOCK

    async def admit_prompt(self, prompt: str) -> None:
        """As ImageGate."""
        checked = await Guard(self._studio).admits_prompt(prompt)
        if checked is not None and checked.is_stopped:
            raise Refused(
                _("The prompt was held back by your own limits."),
                hint=_("It is kept. The Moderation panel says what was found."),
            )

    async def judge_image(self, data: bytes, mime: str) -> str | None:
        """As ImageGate."""
        checked = await Guard(self._studio).admits_image(data, mime, 0)
        if checked is None or checked.problem:
            return None
        if checked.is_stopped:
            raise Refused(
                _("The picture was held back by your own limits."),
                hint=_("Describe it differently. The Moderation panel says what was found."),
            )
        return _found(checked)


def _found(checked: Checked) -> str:
    """Return the category that was too much most, "" where none was."""
    return checked.exceeded[0].category if checked.exceeded else ""

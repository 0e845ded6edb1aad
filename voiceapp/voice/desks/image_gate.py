"""Moderation's word on images, for the desk that draws: keeps ``ports.ImageGate``."""

from __future__ import annotations

from gettext import gettext as _

from voiceapp.core.check_words import not_sent
from voiceapp.core.checks import Checked
from voiceapp.core.errors import Refused
from voiceapp.core.images import Judgement
from voiceapp.core.moderation import Action, Checkpoint, is_over, named
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
            sentence, hint = not_sent(checked)
            raise Refused(sentence, hint=hint)

    async def judge_image(self, data: bytes, mime: str, image_id: int) -> Judgement:
        """As ImageGate."""
        checked = await Guard(self._studio).admits_image(data, mime, image_id)
        if checked is None:
            return Judgement()
        verdict = None if checked.problem else _found(checked)
        found = (named(checked.exceeded) or _("flagged by the service")) if verdict else ""
        held = (checked.problem.rstrip(".") or found) if checked.is_stopped else ""
        return Judgement(verdict, held, found)


def _found(checked: Checked) -> str:
    """Return the category that was too much most, "" where none was; a flag may come without a category."""
    if checked.exceeded:
        return checked.exceeded[0].category
    return "flagged" if is_over(checked.verdict, checked.limits) else ""

"""The kit for images: the model draws, or changes the picture before the person."""

from __future__ import annotations

from gettext import gettext as _
from typing import TYPE_CHECKING, Annotated, Any

from voiceapp.core.errors import ToolError
from voiceapp.core.schema import AtMost
from voiceapp.core.settings import LOCAL
from voiceapp.core.tools import Effect, tool

if TYPE_CHECKING:
    from voiceapp.voice.image_wishes import ImageWishes

PROMPT_CHARS = 4000


class Images:
    """Draws beside the turn: the reply does not wait for the picture. *wishes* is given once the desk is there."""

    def __init__(self) -> None:
        self.wishes: ImageWishes | None = None

    @tool(Effect.LEAVES)
    async def generate_image(
        self,
        prompt: Annotated[
            str, "What it shows, in full sentences; for a change only what changes.", AtMost(PROMPT_CHARS)
        ],
        is_change: Annotated[bool | None, "True changes the current image; null or false draws a new one."] = None,
    ) -> dict[str, Any]:
        """Draw an image. It appears beside the conversation when it is ready; do not wait for it or describe it."""
        wishes = self.wishes
        if wishes is None or wishes.settings.drawer().provider == LOCAL.name:
            raise ToolError(_("Nobody draws images here; the person can add a provider in Settings."))
        if not prompt.strip():
            raise ToolError(_("The prompt is empty."))
        if is_change and wishes.latest is None:
            raise ToolError(_("There is no image to change yet; draw one first."))
        wishes.change(prompt.strip(), wishes.latest if is_change else None)
        return {"state": "drawing"}

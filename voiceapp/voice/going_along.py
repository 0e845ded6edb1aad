"""What goes along with a message at the moment it is sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from voiceapp.core.conversation import Take
from voiceapp.core.errors import CannotSee, VoiceAppError
from voiceapp.voice.studio import Studio

if TYPE_CHECKING:
    from voiceapp.core.attachments import Attachment


async def going_along(studio: Studio, text: str, take: Take | None) -> tuple[Attachment, ...]:
    """Return what goes along; where it cannot, it stays attached, and *text* is the person's again.

    Raises CannotSee. What was said into *take* and given up by the person stays with the take alone.
    """
    if studio.attached is None:
        return ()
    try:
        return await studio.attached.going()
    except (VoiceAppError, asyncio.CancelledError) as error:
        if take is None or isinstance(error, CannotSee):
            give_back(studio, text)
        raise


def give_back(studio: Studio, text: str) -> None:
    """Tell that *text* was not sent and is the person's again."""
    from voiceapp.core.attachments import DraftReturned  # not needed before something fails

    studio.emit(DraftReturned(text))

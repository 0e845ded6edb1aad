"""A conversation's title from the chat model, after its first exchange. Where that fails the first line stays."""

from __future__ import annotations

import logging

from voiceapp.core.conversation import title_of
from voiceapp.core.errors import VoiceAppError
from voiceapp.core.settings import LOCAL, Job
from voiceapp.voice.studio import Studio
from voiceapp.voice.writing import title

log = logging.getLogger("voiceapp.voice")

FIRST_EXCHANGE = 2
"""Messages: the person's and the answer to it."""


def is_wanted(studio: Studio) -> bool:
    """Whether the open conversation is to get its title now. Never by this computer's own chat, which has no words."""
    is_paid = studio.settings.choice(Job.CHAT).provider != LOCAL.name
    return is_paid and studio.settings.is_titled_by_model and len(studio.history.lines()) == FIRST_EXCHANGE


async def entitle(studio: Studio) -> None:
    """Name the open conversation, unless the person does so meanwhile. Runs beside the turn; never raises."""
    history, number = studio.history, studio.history.conversation_id
    if number is None:
        return
    lines = history.lines()
    try:
        found = await title(studio.engines.chat, lines)  # on the turn's account
        head = (await studio.parts.store.conversation(number)).head
        if head.title == title_of(lines[0].text):
            await history.rename(number, found)
    except VoiceAppError as error:
        log.info("no title: %s", error.message)

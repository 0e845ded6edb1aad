"""The desk for writing beside the turn: notes of a conversation."""

from __future__ import annotations

from gettext import gettext as _

from voiceapp.core.conversation import told
from voiceapp.core.errors import ConfigError, VoiceAppError
from voiceapp.core.notes import script
from voiceapp.core.notes_events import NotesBegun, NotesWritten, WriteNotes
from voiceapp.core.problems import problem_of
from voiceapp.core.settings import LOCAL, Job
from voiceapp.voice.account import Account
from voiceapp.voice.metered_engines import metered
from voiceapp.voice.studio import Studio
from voiceapp.voice.writing import notes


class NotesDesk:
    """Writes notes with the chat model in force."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def takes(self, command: object) -> bool:
        """As Desk."""
        return isinstance(command, WriteNotes)

    async def do(self, command: object) -> None:
        """As Desk."""
        assert isinstance(command, WriteNotes)
        studio, number = self._studio, command.conversation_id
        studio.emit(NotesBegun(number))
        try:
            if studio.settings.choice(Job.CHAT).provider == LOCAL.name:
                raise needs_model()
            conversation = await studio.parts.store.conversation(number)
            chat = metered(studio.engines, Account(studio.meter, studio.emit)).chat
            written = await notes(chat, script(told(conversation.messages)))
        except VoiceAppError as error:
            studio.emit(NotesWritten(number, problem=problem_of(error)))
        else:
            studio.emit(NotesWritten(number, written))


def needs_model() -> ConfigError:
    """What is said where no language model is configured."""
    return ConfigError(
        _("This needs a language model, and the one in use is this computer's own chat."),
        hint=_("Choose another one for thinking in the settings, or name it with --provider."),
    )

"""What the person wants, told to the session by the window or the terminal. Frozen, imperative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from voiceapp.core.settings import Settings

if TYPE_CHECKING:
    from voiceapp.core.attachments import AttachmentCommand
    from voiceapp.core.batch import BatchCommand
    from voiceapp.core.budget import BudgetCommand
    from voiceapp.core.checks import CheckCommand
    from voiceapp.core.cleaning import CleanCommand
    from voiceapp.core.documents import DocumentCommand
    from voiceapp.core.hearing import HearingCommand
    from voiceapp.core.hosted import HostedCommand
    from voiceapp.core.images import ImageCommand
    from voiceapp.core.notes_events import NotesCommand
    from voiceapp.core.own_search import AskNotes, OwnSearchCommand
    from voiceapp.core.tool_events import ToolCommand
    from voiceapp.core.voices import VoiceCommand


@dataclass(frozen=True)
class StartTalking:
    """Begin a take; interrupts whatever is going on. *at_s*: time.monotonic() of the key-down, 0 = now."""

    at_s: float = 0.0


@dataclass(frozen=True)
class StopTalking:
    """End the take and send it. *at_s*: time.monotonic() of the key-up, 0 = now."""

    at_s: float = 0.0


@dataclass(frozen=True)
class Interrupt:
    """Esc: silence, cancel, keep what was said and heard."""


@dataclass(frozen=True)
class SendText:
    """Answer a typed message. *is_aloud* None = as the switch says."""

    text: str
    is_aloud: bool | None = None


@dataclass(frozen=True)
class Regenerate:
    """Answer again in place of assistant message *message_id* (the last one), or answer the person's *message_id*."""

    message_id: int


@dataclass(frozen=True)
class SpeakMessage:
    """Read message *message_id* aloud (again). *is_rest*: from the sentence on that was not heard to its end."""

    message_id: int
    is_rest: bool = False


@dataclass(frozen=True)
class PlayTake:
    """Play a recording."""

    take_id: int


@dataclass(frozen=True)
class RetryTake:
    """Transcribe a take again and answer it; *provider* names another engine, empty = as set."""

    take_id: int
    provider: str = ""


@dataclass(frozen=True)
class ExportTake:
    """Copy a take to *path* (.wav or .flac by its ending)."""

    take_id: int
    path: str


@dataclass(frozen=True)
class ListTakes:
    """Answered by TakesListed."""


@dataclass(frozen=True)
class NewConversation:
    """Begin an empty conversation."""


@dataclass(frozen=True)
class OpenConversation:
    """Show conversation *conversation_id* and go on in it."""

    conversation_id: int


@dataclass(frozen=True)
class DeleteConversation:
    """Delete a conversation (its takes stay)."""

    conversation_id: int


@dataclass(frozen=True)
class RenameConversation:
    """Give a conversation a title."""

    conversation_id: int
    title: str


@dataclass(frozen=True)
class Search:
    """List conversations in which *query* occurs; empty lists all. Answered by ConversationsListed."""

    query: str = ""


@dataclass(frozen=True)
class ApplySettings:
    """Use and store new settings; answered by SettingsChanged, EnginesChanged, DevicesChanged."""

    settings: Settings


@dataclass(frozen=True)
class StoreKey:
    """Put a provider's key into the keyring; empty deletes it."""

    provider: str
    key: str
    secret_fields: ClassVar[tuple[str, ...]] = ("key",)

    def __repr__(self) -> str:
        """Never show the key: commands are traced."""
        return f"StoreKey(provider={self.provider!r}, key=…)"


@dataclass(frozen=True)
class CheckProvider:
    """Really call a provider, and try each of *jobs* (values of ``Job``); answered by ProviderChecked."""

    name: str
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True)
class RefreshDevices:
    """Look for microphones and loudspeakers again; answered by DevicesChanged."""


@dataclass(frozen=True)
class TestDevices:
    """Say a sentence, or record three seconds and play them back; answered by TestProgress."""

    __test__ = False
    kind: str = "say"  # "say" or "hear"


OwnCommand = (
    StartTalking
    | StopTalking
    | Interrupt
    | SendText
    | Regenerate
    | SpeakMessage
    | PlayTake
    | RetryTake
    | ExportTake
    | ListTakes
    | NewConversation
    | OpenConversation
    | DeleteConversation
    | RenameConversation
    | Search
    | ApplySettings
    | StoreKey
    | CheckProvider
    | RefreshDevices
    | TestDevices
)

Command: TypeAlias = (
    "OwnCommand | NotesCommand | AskNotes | OwnSearchCommand | BatchCommand | ToolCommand | ImageCommand | CheckCommand"
    " | AttachmentCommand | BudgetCommand | HostedCommand | DocumentCommand | VoiceCommand | HearingCommand"
    " | CleanCommand"
)
"""All of them. A string: each family is imported by those who use it, so that the window starts sooner."""

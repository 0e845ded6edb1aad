"""Tools that run at the service: which are switched on in a conversation, who offers them, what is told about them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from voiceapp.core.models import ModelTable
from voiceapp.core.settings import Job, ProviderKind, Settings, speaks_responses


class HostedTool(StrEnum):
    """As the service calls them."""

    WEB = "web_search"
    FILES = "file_search"
    CODE = "code_interpreter"


@dataclass(frozen=True)
class HostedChoice:
    """What is switched on in one conversation. *stores*: the service's names of the stores that may be searched."""

    web: bool = False
    code: bool = False
    stores: tuple[str, ...] = ()

    @property
    def tools(self) -> tuple[HostedTool, ...]:
        """Return what is on, in a fixed order, so that a prompt always begins in the same way."""
        on = ((HostedTool.WEB, self.web), (HostedTool.FILES, bool(self.stores)), (HostedTool.CODE, self.code))
        return tuple(tool for tool, is_on in on if is_on)

    def __bool__(self) -> bool:
        return bool(self.tools)


@dataclass(frozen=True)
class HostedOffer:
    """What could be switched on: *tools* of *provider* with the model that answers; *shown* is the provider's name."""

    tools: tuple[str, ...] = ()
    provider: str = ""
    shown: str = ""


def offer(settings: Settings, table: ModelTable) -> HostedOffer:
    """Return what the chat that *settings* name offers: nothing where it is not known to have it."""
    choice = settings.choice(Job.CHAT)
    provider = settings.provider(choice.provider)
    if not speaks_responses(provider) or provider.kind in (ProviderKind.COMPATIBLE, ProviderKind.LOCAL):
        return HostedOffer(provider=provider.name, shown=provider.shown)
    model = choice.model or table.default(Job.CHAT.value)
    return HostedOffer(tuple(sorted(table.find(model).hosted)), provider.name, provider.shown)


# --- commands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShowHosted:
    """Answered by HostedKnown.

    Attributes:
        is_fresh: an empty conversation was opened, with nothing chosen.
        is_begun: it has just got its id with its first message; what was chosen before is its own now.
    """

    conversation_id: int = 0
    is_fresh: bool = False
    is_begun: bool = False


@dataclass(frozen=True)
class ChooseHosted:
    """Switch the service's own tools for a conversation; 0 = the one that is open, also before its first turn."""

    choice: HostedChoice
    conversation_id: int = 0


@dataclass(frozen=True)
class SaveMade:
    """Copy a file that a reply has made to *path*; it is fetched first where that was not done yet."""

    message_id: int
    file_id: str
    path: str


# --- events -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HostedKnown:
    """What is switched on in conversation *conversation_id* (0: one without a turn) and what could be."""

    conversation_id: int
    choice: HostedChoice
    offer: HostedOffer


@dataclass(frozen=True)
class MadeSaved:
    """A file that a reply has made is at *path* now; "" where that failed, which a notice has told."""

    message_id: int
    file_id: str
    path: str


HostedCommand = ShowHosted | ChooseHosted | SaveMade
HostedEvent = HostedKnown | MadeSaved

"""Tools that run at the service: which are switched on in a conversation, who offers them, what is told about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from gettext import gettext as _

from voiceapp.core.conversation import Source, ToolUse
from voiceapp.core.models import ModelTable
from voiceapp.core.settings import ChatApi, Job, Provider, ProviderKind, Settings


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

    tools: frozenset[str] = frozenset()
    provider: str = ""
    shown: str = ""


def speaks_responses(provider: Provider) -> bool:
    """Tell which of the two chat protocols *provider* gets."""
    is_openai = provider.kind is ProviderKind.OPENAI and not provider.base_url
    return provider.chat_api is ChatApi.RESPONSES or (provider.chat_api is ChatApi.AUTO and is_openai)


def offer(settings: Settings, table: ModelTable) -> HostedOffer:
    """Return what the chat that *settings* name offers: nothing where it is not known to have it."""
    choice = settings.choice(Job.CHAT)
    provider = settings.provider(choice.provider)
    if not speaks_responses(provider) or provider.kind in (ProviderKind.COMPATIBLE, ProviderKind.LOCAL):
        return HostedOffer(provider=provider.name, shown=provider.shown)
    model = choice.model or table.default(Job.CHAT.value)
    return HostedOffer(table.find(model).hosted, provider.name, provider.shown)


def running_words(tool: str) -> str:
    """Say what is going on."""
    return _words(_RUNNING, tool)


def done_words(tool: str) -> str:
    """Say what was done."""
    return _words(_DONE, tool)


_RUNNING = {
    HostedTool.WEB.value: "Searching the web…",
    HostedTool.FILES.value: "Searching your documents…",
    HostedTool.CODE.value: "Running code…",
}
_DONE = {
    HostedTool.WEB.value: "Searched the web",
    HostedTool.FILES.value: "Searched your documents",
    HostedTool.CODE.value: "Ran code",
}


def _words(words: Mapping[str, str], tool: str) -> str:
    return _(words.get(tool, tool.replace("_", " ")))


# --- commands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShowHosted:
    """Answered by HostedKnown; *is_fresh*: a new conversation has just begun, with nothing chosen."""

    conversation_id: int = 0
    is_fresh: bool = False


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
class HostedWorked:
    """A tool of the service's works, or has worked, on reply *message_id*."""

    turn: int
    message_id: int
    use: ToolUse
    is_running: bool = False


@dataclass(frozen=True)
class SourcesKnown:
    """What reply *message_id* cites and has made, all of it."""

    message_id: int
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class MadeSaved:
    """A file that a reply has made is at *path* now; "" where that failed, which a notice has told."""

    message_id: int
    file_id: str
    path: str


HostedCommand = ShowHosted | ChooseHosted | SaveMade
HostedEvent = HostedKnown | HostedWorked | SourcesKnown | MadeSaved

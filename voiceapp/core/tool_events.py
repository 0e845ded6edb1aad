"""What is told and asked about tools: commands and events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from gettext import gettext as _
from typing import TYPE_CHECKING

from voiceapp.core.tool_settings import Effect, Permission

if TYPE_CHECKING:
    from voiceapp.core.conversation import Source, ToolUse


class Answer(StrEnum):
    """What the person says when they are asked."""

    ONCE = "once"
    ALWAYS = "always"
    DENY = "deny"
    NEVER = "never"


@dataclass(frozen=True)
class ToolRow:
    """A tool as the person sees it. *server* is empty for voiceapp's own; *name* as shown."""

    name: str
    description: str
    effect: Effect
    permission: Permission
    touches: str = ""
    server: str = ""


@dataclass(frozen=True)
class ToolServerState:
    """How a server of tools stands: connected, *problem* says why not, neither = being connected or switched off."""

    name: str
    is_connected: bool = False
    tool_count: int = 0
    problem: str = ""
    is_on: bool = True


# --- events -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PermissionAsked:
    """A tool waits for the person; answered by AnswerPermission. *arguments* is JSON; *touches* a sentence."""

    id: int
    turn: int
    tool: str
    arguments: str
    touches: str


@dataclass(frozen=True)
class PermissionSettled:
    """The question *id* is no longer open: answered, or its turn was cancelled (*answer* None)."""

    id: int
    answer: Answer | None = None


@dataclass(frozen=True)
class ToolsListed:
    """Tools and servers as they stand now."""

    tools: tuple[ToolRow, ...]
    servers: tuple[ToolServerState, ...] = ()


@dataclass(frozen=True)
class OutsideAsked:
    """The window is asked to do something on the desktop; answered by OutsideAnswered.

    *act*: "read_clipboard", "write_clipboard" (*text*) or "open" (*text* is an address or a path, already checked).
    """

    id: int
    act: str
    text: str = ""


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


# --- commands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AnswerPermission:
    """The person's answer to PermissionAsked *id*."""

    id: int
    answer: Answer


@dataclass(frozen=True)
class ListTools:
    """Answered by ToolsListed."""


@dataclass(frozen=True)
class OutsideAnswered:
    """The window's answer to OutsideAsked *id*; *problem* is a sentence where it could not be done."""

    id: int
    text: str = ""
    problem: str = ""


def running_words(tool: str) -> str:
    """Say what a tool of the service's is doing."""
    words = {
        "web_search": _("Searching the web…"),
        "file_search": _("Searching your documents…"),
        "code_interpreter": _("Running code…"),
    }
    return words.get(tool, tool.replace("_", " "))


def done_words(tool: str) -> str:
    """Say what a tool of the service's has done; "" for one that is not its own."""
    words = {
        "web_search": _("Searched the web"),
        "file_search": _("Searched your documents"),
        "code_interpreter": _("Ran code"),
    }
    return words.get(tool, "")


ToolEvent = PermissionAsked | PermissionSettled | ToolsListed | OutsideAsked | HostedWorked | SourcesKnown
ToolCommand = AnswerPermission | ListTools | OutsideAnswered

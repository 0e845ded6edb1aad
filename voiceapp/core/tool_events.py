"""What is told and asked about tools: commands and events."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from voiceapp.core.tool_settings import Effect, Permission


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


ToolEvent = PermissionAsked | PermissionSettled | ToolsListed | OutsideAsked
ToolCommand = AnswerPermission | ListTools | OutsideAnswered

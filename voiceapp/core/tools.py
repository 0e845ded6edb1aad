"""What a model may call: tools as values, made from typed functions, and what they may touch.

A tool is a method with the decorator :func:`tool`: its signature becomes the schema, its docstring what the model is
told. Objects with such methods are kits; ``voice.toolbox`` runs them. Every error message is written for the model:
it names the argument and says how to mend the call.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from gettext import gettext as _
from typing import Any, TypeVar

from voiceapp.core.errors import ToolError
from voiceapp.core.schema import Schema, arguments_schema, checked_object, sent
from voiceapp.core.speech import ToolSpec
from voiceapp.core.tool_settings import Effect, Permission

ARGUMENTS_LIMIT_CHARS = 20_000
SEPARATOR = "__"
"""Between a server and its tool in the name that a model sees, which may hold no dot."""

__all__ = ["Effect", "Permission", "Tool", "Wish", "parsed", "tool", "tools_of"]

Function = TypeVar("Function", bound=Callable[..., Any])


ASKED_ABOUT = frozenset({Effect.READS_COMPUTER, Effect.CHANGES_COMPUTER, Effect.LEAVES})
"""Effects that are asked about before anybody decided; one's own notes and timers are what one asked for."""


@dataclass(frozen=True, eq=False)
class Tool:
    """A tool as it is declared.

    Attributes:
        name: as the model calls it.
        parameters: JSON schema of its arguments.
        touches: a sentence for the person: what it may touch; empty where *effect* says it all.
        server: whose tool it is; empty for voiceapp's own.
        is_strict: *parameters* are in the strict form.
    """

    name: str
    description: str
    effect: Effect
    parameters: Mapping[str, Any]
    touches: str = ""
    server: str = ""
    is_strict: bool = True

    @property
    def spec(self) -> ToolSpec:
        """The tool as a model is told it."""
        return ToolSpec(self.name, self.description, sent(self.parameters), self.is_strict)

    @property
    def shown(self) -> str:
        """The name for people: "server.tool" for a server's."""
        return f"{self.server}.{self.name.split(SEPARATOR, 1)[-1]}" if self.server else self.name

    def permission(self, decided: Mapping[str, Permission]) -> Permission:
        """Return what holds for this tool where the person *decided* by name as shown."""
        usual = Permission.ASK if self.effect in ASKED_ABOUT else Permission.ALWAYS
        return decided.get(self.shown, usual)


@dataclass(frozen=True)
class Wish:
    """A call that the person is to be asked about. *arguments* is JSON, for reading; *touches* a sentence."""

    tool: str
    arguments: str
    touches: str


def tool(effect: Effect, touches: str = "") -> Callable[[Function], Function]:
    """Declare a kit's method to be a tool."""

    def declare(function: Function) -> Function:
        parameters: Schema = arguments_schema(function)
        description = inspect.getdoc(function) or ""
        function.__tool__ = Tool(function.__name__, description, effect, parameters, touches)  # type: ignore[attr-defined]
        return function

    return declare


def tools_of(kit: object) -> dict[Tool, Callable[..., Any]]:
    """Return *kit*'s tools in the order in which they are written, with the bound method of each."""
    found: dict[Tool, Callable[..., Any]] = {}
    for name, function in vars(type(kit)).items():
        declared = getattr(function, "__tool__", None)
        if isinstance(declared, Tool):
            found[declared] = getattr(kit, name)
    return found


def parsed(tool: Tool, arguments: str) -> dict[str, Any]:
    """Return the arguments that a model wrote as JSON, checked; raises ToolError saying how to mend them.

    Arguments of another server's tool are checked by that server; here only that they are an object.
    """
    if len(arguments) > ARGUMENTS_LIMIT_CHARS:
        raise ToolError(_("The arguments are too long."))
    try:
        values = json.loads(arguments.strip() or "{}")
    except (ValueError, RecursionError):
        raise ToolError(_("The arguments are not valid JSON.")) from None
    if not isinstance(values, dict):
        raise ToolError(_("The arguments must be a JSON object."))
    return checked_object(values, tool.parameters) if tool.is_strict else values

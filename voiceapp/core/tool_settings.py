"""What a person can choose about tools: permissions, files that may be read, servers of tools."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from gettext import gettext as _

from voiceapp.core.errors import ConfigError

SERVER_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?")


class Effect(StrEnum):
    """What running a tool touches, from nothing to the world outside."""

    NOTHING = "nothing"
    READS_OWN = "reads_own"  # what voiceapp keeps: notes, conversations, timers
    CHANGES_OWN = "changes_own"
    READS_COMPUTER = "reads_computer"  # clipboard, files
    CHANGES_COMPUTER = "changes_computer"
    LEAVES = "leaves"  # something is sent elsewhere, or costs money


class Permission(StrEnum):
    """What the person decided about a tool."""

    ASK = "ask"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class ToolServer:
    """A server of tools that speaks the Model Context Protocol: a program (stdio) or an address (HTTP).

    Attributes:
        name: unique, lower case, part of its tools' names.
        command, args, env: the program; *env* is added to a short list of harmless variables.
        url: the address; where a key is stored under the server's name (``secret_name``), it is sent as a bearer token.
        is_on: False keeps it in the list without connecting.
    """

    name: str = ""
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    is_on: bool = True

    @property
    def secret_name(self) -> str:
        """Under which its key lies in the keyring."""
        return f"tools-{self.name}"

    @property
    def shown(self) -> str:
        """What is run or called, for the person; values of *env* are not shown."""
        return self.url or " ".join((self.command, *self.args))


def check_servers(servers: Sequence[ToolServer]) -> None:
    """Raise ConfigError for a server that cannot be used."""
    names = [server.name for server in servers]
    if len(set(names)) != len(names):
        raise ConfigError(_("Two tool servers have the same name."))
    for server in servers:
        if not SERVER_NAME.fullmatch(server.name):
            raise ConfigError(
                _("“{name}” cannot be the name of a tool server.").format(name=server.name[:40]),
                hint=_("Use up to 24 lower-case letters, digits and hyphens."),
            )
        if bool(server.command.strip()) == bool(server.url.strip()):
            raise ConfigError(_("The tool server {name} needs a command or an address.").format(name=server.name))
        if server.url and not _is_address(server.url):
            raise ConfigError(_("The address of the tool server {name} is not a web address.").format(name=server.name))


def _is_address(url: str) -> bool:
    from urllib.parse import urlsplit  # here: the window starts without it

    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)

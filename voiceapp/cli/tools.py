"""``voiceapp tools``: what a model may call, who decides about it, and servers of further tools."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import shlex
from collections.abc import Sequence
from dataclasses import replace
from gettext import gettext as _
from pathlib import Path

from voiceapp.audio.takefile import WavTakes
from voiceapp.cli.installation import keys_of, stored_settings
from voiceapp.cli.outside import TerminalOutside
from voiceapp.cli.running import Context, run_job
from voiceapp.core.errors import ConfigError
from voiceapp.core.settings import Settings, validated
from voiceapp.core.tool_events import ToolRow, ToolServerState
from voiceapp.core.tool_settings import Permission, ToolServer
from voiceapp.store.sqlite import SqliteStore
from voiceapp.voice.kits.images import Images
from voiceapp.wiring.tools import make_tools


def run(arguments: argparse.Namespace) -> int:
    return run_job(arguments, lambda context: tools(context, arguments))


async def tools(context: Context, arguments: argparse.Namespace) -> int:
    """List, or change and store what was decided."""
    settings, file = stored_settings(context)
    if arguments.action == "list":
        return await _list(context, settings)
    if arguments.action == "permit":
        await _check_known(context, settings, arguments.name)
    changed = _changed(settings, arguments)
    file.save(changed)
    if arguments.action == "add" and arguments.key:
        key = await asyncio.to_thread(getpass.getpass, _("Key (it is not shown): "))
        server = next(one for one in changed.tool_servers if one.name == arguments.name)
        await asyncio.to_thread(keys_of(context).set, server.secret_name, key)
    context.output.event("stored", action=arguments.action)
    return 0


def _changed(settings: Settings, arguments: argparse.Namespace) -> Settings:
    """Return *settings* as the action wants them. Raises ConfigError."""
    match arguments.action:
        case "permit":
            permissions = {**settings.tool_permissions, arguments.name: Permission(arguments.permission)}
            return replace(settings, tool_permissions=permissions)
        case "add":
            others = tuple(one for one in settings.tool_servers if one.name != arguments.name)
            return validated(replace(settings, tool_servers=(*others, _server(arguments))))
        case "remove":
            left = tuple(one for one in settings.tool_servers if one.name != arguments.name)
            if left == settings.tool_servers:
                raise ConfigError(_("There is no tool server called “{name}”.").format(name=arguments.name))
            return replace(settings, tool_servers=left)
        case _:
            return _shared(settings, Path(arguments.name), is_shared=arguments.action == "share")


def _server(arguments: argparse.Namespace) -> ToolServer:
    try:
        command, *rest = shlex.split(arguments.program) or [""]
    except ValueError:
        raise ConfigError(_("The command has a quotation mark without its partner.")) from None
    pairs = [entry.partition("=") for entry in arguments.env]
    return ToolServer(arguments.name, command, tuple(rest), {name: value for name, _eq, value in pairs}, arguments.url)


def _shared(settings: Settings, path: Path, *, is_shared: bool) -> Settings:
    real = str(path.expanduser().resolve())
    others = tuple(one for one in settings.readable_paths if one != real)
    if is_shared and not Path(real).exists():
        raise ConfigError(_("There is no file or folder “{path}”.").format(path=real))
    if not is_shared and others == settings.readable_paths:
        raise ConfigError(_("“{path}” is not shared.").format(path=real))
    return replace(settings, readable_paths=(*others, real) if is_shared else others)


async def _check_known(context: Context, settings: Settings, name: str) -> None:
    """Raise ConfigError where no tool is called *name*; what a server of tools has is taken on trust."""
    if name.partition(".")[0] in (server.name for server in settings.tool_servers):
        return
    rows, _servers = await _known(context, replace(settings, tool_servers=()))
    if name not in (row.name for row in rows):
        raise ConfigError(_("There is no tool called “{name}”. “voiceapp tools” lists them.").format(name=name))


async def _known(context: Context, settings: Settings) -> tuple[tuple[ToolRow, ...], tuple[ToolServerState, ...]]:
    """Return all tools, and the servers once each is connected or has failed."""
    store = SqliteStore(context.paths.data, WavTakes())
    box = make_tools(
        store, None, keys_of(context), TerminalOutside(), lambda _words: None, lambda _event: None, Images()
    )
    try:
        box.use(settings)
        await box.settled()
        return box.rows(), box.servers()
    finally:
        await box.close()
        await store.close()


async def _list(context: Context, settings: Settings) -> int:
    rows, servers = await _known(context, settings)
    for row in rows:
        context.output.event(
            "tool",
            name=row.name,
            permission=row.permission.value,
            effect=row.effect.value,
            touches=row.touches,
            source=row.server or "voiceapp",
            description=row.description,
        )
    context.output.text(_table(rows))
    for state in servers:
        words = state.problem or (_("connected") if state.is_connected else _("switched off"))
        context.output.event("server", name=state.name, is_connected=state.is_connected, problem=state.problem or None)
        context.output.text(f"{state.name}: {words}")
    for path in settings.readable_paths:
        context.output.event("shared", path=path)
        context.output.text(_("May be read: {path}").format(path=path))
    return 0


def _table(rows: Sequence[ToolRow]) -> str:
    wide = max(len(row.name) for row in rows)
    words = {Permission.ASK: _("ask"), Permission.ALWAYS: _("always"), Permission.NEVER: _("never")}
    return "\n".join(f"{row.name:<{wide}}  {words[row.permission]:<7} {row.touches}" for row in rows)

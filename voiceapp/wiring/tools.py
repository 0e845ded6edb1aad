"""The tools of one session: which kits, which servers, and the desktop that they reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from voiceapp.core.events import Event
from voiceapp.core.tool_events import ToolsListed
from voiceapp.ports import Outside, Secrets, Store, Tools
from voiceapp.tool_servers.connections import Connections
from voiceapp.voice.own_search import Hits, OwnSearch
from voiceapp.voice.toolbox import ToolBox


def make_tools(
    store: Store,
    search: OwnSearch | None,
    secrets: Secrets,
    outside: Outside,
    ring: Callable[[str], None],
    emit: Callable[[Event], None],
    *kits: object,
) -> Tools:
    """Return the tools: voiceapp's own, those of further *kits* (images), and those of the settings' servers."""

    def now() -> datetime:
        return datetime.now().astimezone()

    async def find(query: str, limit: int) -> Hits:
        assert search is not None
        return await search.find(box.settings, query, limit=limit)

    def tell() -> None:
        emit(ToolsListed(box.rows(), box.servers()))

    servers = Connections(lambda server: secrets.get(server.secret_name), tell)

    def make_kits() -> Sequence[object]:
        from voiceapp import resources  # none of this is needed before the window is usable
        from voiceapp.core.computing import Computing
        from voiceapp.documents import pdf
        from voiceapp.voice.kits.computer import Computer
        from voiceapp.voice.kits.own_words import OwnWords
        from voiceapp.voice.kits.timers import Timers

        return (
            Computing(now, resources.tool_tables()),
            Timers(ring),
            OwnWords(store, now, find if search is not None else None),
            Computer(outside, lambda: box.settings.readable_paths, pdf.text_for_tool if pdf.is_readable() else None),
            *kits,
        )

    box = ToolBox(make_kits, servers)
    return box

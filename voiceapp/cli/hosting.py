"""The service's own tools for a question asked in the terminal: switched on, followed, their sources and files told."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Iterator
from gettext import gettext as _
from pathlib import Path

from voiceapp.cli.output import Output
from voiceapp.core.conversation import Source, SourceKind
from voiceapp.core.documents import DocumentStore, ListStores, StoresListed
from voiceapp.core.errors import ConfigError
from voiceapp.core.events import Event, MessageAdded, TurnTimed
from voiceapp.core.hosted import (
    ChooseHosted,
    HostedChoice,
    HostedKnown,
    HostedOffer,
    MadeSaved,
    SaveMade,
)
from voiceapp.core.tool_events import HostedWorked, SourcesKnown, running_words

REMOTE = "vs_"
Handle = Callable[[object], None]


class Hosting:
    """What ``ask`` and ``talk`` do about them. *is_each_told*: after each turn, rather than by :meth:`finish`."""

    def __init__(self, output: Output, arguments: argparse.Namespace, *, is_each_told: bool = False) -> None:
        self._output = output
        self._is_each_told = is_each_told
        self._handle: Handle = lambda _command: None
        self._web, self._code = bool(arguments.web), bool(arguments.code)
        self._stores: list[str] = arguments.stores
        self._save_to: Path | None = arguments.save_to
        self._offer: HostedOffer | None = None
        self._listed: tuple[DocumentStore, ...] | None = None
        self._sources: dict[int, tuple[Source, ...]] = {}
        self._message_id = 0
        self._saved: dict[str, str] = {}
        self._news = asyncio.Event()
        if self._save_to is not None and not self._save_to.is_dir():
            raise ConfigError(_("There is no folder “{folder}” to write to.").format(folder=self._save_to))

    def take(self, event: Event) -> None:
        """Take an event of the session."""
        match event:
            case HostedKnown(offer=offer):
                self._offer = offer
            case StoresListed(stores):
                self._listed = stores
            case HostedWorked():
                self._worked(event)
            case MessageAdded(message=message):
                self._message_id = message.id
            case SourcesKnown(message_id, sources):
                self._sources[message_id] = sources
            case MadeSaved(file_id=file_id, path=path):
                self._saved[file_id] = path
            case TurnTimed() if self._is_each_told:
                for source, target in self._told():
                    self._handle(SaveMade(self._message_id, source.file_id, str(target)))
            case _:
                return
        self._news.set()

    async def choose(self, handle: Handle) -> None:
        """Switch on what was asked for. Raises ConfigError where the service or the model does not have it."""
        self._handle = handle
        choice = HostedChoice(self._web, self._code, tuple(await self._named(handle)))
        if not choice:
            return
        handle(ChooseHosted(choice))
        await self._until(lambda: self._offer is not None)
        assert self._offer is not None
        if missing := [tool.value for tool in choice.tools if tool.value not in self._offer.tools]:
            raise ConfigError(
                _("{provider} does not offer {tools} with this model.").format(
                    provider=self._offer.shown, tools=", ".join(missing)
                ),
                hint=_("OpenAI does, with its current models: --provider openai."),
            )

    async def finish(self, handle: Handle) -> None:
        """Tell what the reply cites and has made; write the files where a folder was named."""
        for one, target in self._told():
            handle(SaveMade(self._message_id, one.file_id, str(target)))
            await self._until(lambda one=one: one.file_id in self._saved)  # type: ignore[misc]
            if path := self._saved[one.file_id]:
                self._output.event("saved", name=one.title, file=path)

    def _told(self) -> Iterator[tuple[Source, Path]]:
        """Tell what the newest reply cites and has made; yield what is to be saved, and where."""
        sources = self._sources.get(self._message_id, ())
        for number, source in enumerate(sources, start=1):
            self._tell(number, source)
        for source in sources:
            if source.kind is SourceKind.MADE and self._save_to is not None:
                yield source, _free(self._save_to, source.title)

    async def _named(self, handle: Handle) -> list[str]:
        """Return the service's names of the stores that were named: by number, by name, or by the service's own."""
        if not self._stores:
            return []
        handle(ListStores())
        await self._until(lambda: self._listed is not None)
        return [named if named.startswith(REMOTE) else self._remote(named) for named in self._stores]

    def _remote(self, named: str) -> str:
        store = find_store(self._listed or (), named)
        if not store.remote_id or not store.ready:
            raise ConfigError(
                _("The store “{name}” has no documents to search yet.").format(name=store.name),
                hint=_("“voiceapp stores” says how far it is."),
            )
        return store.remote_id

    def _worked(self, event: HostedWorked) -> None:
        use = event.use
        if event.is_running:
            self._output.event("tool_running", name=use.name, id=use.call_id)
            if not self._output.is_json:
                self._output.notice(running_words(use.name))
            return
        self._output.event(
            "tool", name=use.name, arguments=use.arguments, result=use.result, is_error=use.is_error, is_hosted=True
        )
        if use.is_error:
            self._output.notice(use.result or _("{tool} did not work.").format(tool=use.name.replace("_", " ")))

    def _tell(self, number: int, source: Source) -> None:
        self._output.event(
            "source",
            kind=source.kind.value,
            title=source.title,
            address=source.address or None,
            file_id=source.file_id or None,
            path=source.path or None,
        )
        place = source.address or source.path
        self._output.text(f"[{number}] {source.title}{f'  {place}' if place else ''}")

    async def _until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self._news.clear()
            await self._news.wait()


def find_store(stores: tuple[DocumentStore, ...], named: str) -> DocumentStore:
    """Return the store of that number or name. Raises ConfigError naming those that there are."""
    for store in stores:
        if named in (str(store.id), store.remote_id) or named.casefold() == store.name.casefold():
            return store
    known = ", ".join(store.name for store in stores) or _("none")
    raise ConfigError(
        _("There is no store of documents called “{name}”.").format(name=named),
        hint=_("There are: {known}.").format(known=known),
    )


def _free(folder: Path, name: str) -> Path:
    """Return a name in *folder* that nothing has yet; what the service calls a file cannot lead elsewhere."""
    plain = Path(name.replace("\\", "/")).name.lstrip(".") or "file"
    target, count = folder / plain, 1
    while target.exists():
        count += 1
        target = folder / f"{Path(plain).stem}-{count}{Path(plain).suffix}"
    return target

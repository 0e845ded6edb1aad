"""The page of tools: what the model may call, which files it may ask to read, and servers of further tools."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QPushButton, QSizePolicy, QWidget

from voiceapp.core.commands import StoreKey
from voiceapp.core.events import Event
from voiceapp.core.settings import Settings
from voiceapp.core.tool_events import ListTools, ToolRow, ToolServerState, ToolsListed
from voiceapp.core.tool_settings import Permission, ToolServer
from voiceapp.gui.controls import Switch
from voiceapp.gui.plain_words import PlainLabel
from voiceapp.gui.portions import Portions
from voiceapp.gui.settings_page import SettingsPage, note, side_by_side
from voiceapp.gui.text_button import IconTextButton
from voiceapp.gui.theme import Theme
from voiceapp.gui.tool_lines import shown_name

ROWS_AT_ONCE = 3


class ToolsPage(SettingsPage):
    """Tools, their permissions and their servers."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme, "Tools", "What a model may do for you besides talking. You are asked before it reaches out."
        )
        self.title = self.tr("Tools")
        self._rows: tuple[ToolRow, ...] = ()
        self._states: tuple[ToolServerState, ...] = ()
        self.permissions: dict[str, QComboBox] = {}
        self._tool_rows: dict[str, QWidget] = {}
        self._no_tools: QWidget | None = None
        self._making = Portions(self)
        self.switches: dict[str, Switch] = {}
        self._tools = self.section(self.tr("What may be used"))
        self._files = self.section(self.tr("Files and folders that a model may ask to read"))
        self._servers = self.section(self.tr("Servers of tools (Model Context Protocol)"))
        self._make_adding()
        self.titles = Switch(theme, self.tr("Let the chat model name new conversations"))
        self.titles.toggled.connect(self._on_titles)
        self.section(self.tr("Conversations")).row(
            self.tr("Titles"),
            self.titles,
            self.tr("After the first answer, by one short request; never on this computer's own chat."),
        )
        self.know("permission", "clipboard", "MCP", "server", "title", "files")
        self._show_all()

    def _make_adding(self) -> None:
        panel = self.section(self.tr("Add a server"))
        self.name, self.what, self.key = QLineEdit(), QLineEdit(), QLineEdit()
        self.name.setPlaceholderText("files")
        self.what.setPlaceholderText(self.tr("A command such as “npx -y some-server”, or an https address"))
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        panel.row(self.tr("Name"), self.name)
        self._what_row = panel.row(self.tr("Command or address"), self.what)
        panel.row(self.tr("Key"), self.key, self.tr("Only for addresses that want one; kept with your other keys."))
        self.add = IconTextButton(self.theme, "plus", self.tr("Add"))
        self.add.clicked.connect(self._on_add)
        panel.row("", side_by_side(self.add))

    # --- what is shown ------------------------------------------------------------------------------------

    def show_settings(self, settings: Settings) -> None:
        is_other = settings.readable_paths != self.settings.readable_paths
        is_other = is_other or settings.tool_servers != self.settings.tool_servers
        super().show_settings(settings)
        with QSignalBlocker(self.titles):
            self.titles.setChecked(settings.is_titled_by_model)
        if is_other:
            self._show_files()
            self._show_servers()
        self._show_permissions()

    def handle(self, event: Event) -> None:
        if isinstance(event, ToolsListed):
            is_other = [row.name for row in event.tools] != [row.name for row in self._rows]
            self._rows, self._states = event.tools, event.servers
            if is_other:
                self._making.begin(self._show_tools())
            self._show_permissions()
            self._show_servers()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.wanted.emit(ListTools())

    def _show_all(self) -> None:
        self._making.begin(self._show_tools())
        self._show_files()
        self._show_servers()

    def _show_tools(self) -> Iterator[None]:
        """Make what is new below what stays, a few rows at a time: a server may bring dozens of tools."""
        pairs = zip(self._tool_rows, self._rows, strict=False)
        kept = sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1].name, pairs))
        for name in list(self._tool_rows)[kept:]:
            self._tools.drop(self._tool_rows.pop(name))
            del self.permissions[name]
        if self._no_tools is not None:
            self._tools.drop(self._no_tools)
            self._no_tools = None
        for number, row in enumerate(self._rows[kept:], start=1):
            self._add_tool(row)
            if number % ROWS_AT_ONCE == 0:
                yield
        if not self._rows:
            self._no_tools = note(self.tr("The list comes when the session is ready."))
            self._tools.add(self._no_tools)

    def _add_tool(self, row: ToolRow) -> None:
        choice = QComboBox()
        for permission, words in (
            (Permission.ASK, self.tr("Ask")),
            (Permission.ALWAYS, self.tr("Always")),
            (Permission.NEVER, self.tr("Never")),
        ):
            choice.addItem(words, permission)
        choice.activated.connect(lambda _at, name=row.name: self._on_permission(name))
        self.permissions[row.name] = choice
        self._tool_rows[row.name] = self._tools.row(shown_name(row.name), side_by_side(choice), row.touches)
        self._show_permission(row)

    def _show_permission(self, row: ToolRow) -> None:
        choice = self.permissions[row.name]
        with QSignalBlocker(choice):
            choice.setCurrentIndex(choice.findData(self.settings.tool_permissions.get(row.name, row.permission)))

    def _show_permissions(self) -> None:
        for row in self._rows:
            if row.name in self.permissions:
                self._show_permission(row)

    def _show_files(self) -> None:
        self._files.clear()
        for path in self.settings.readable_paths:
            self._files.add(self._line(path, self.tr("Take back"), lambda path=path: self._forget_path(path)))
        folder, file = (
            IconTextButton(self.theme, icon, words)
            for icon, words in (("folder", self.tr("Allow a folder")), ("file-text", self.tr("Allow a file")))
        )
        folder.clicked.connect(lambda: self.allow(QFileDialog.getExistingDirectory(self, self.tr("Allow a folder"))))
        file.clicked.connect(lambda: self.allow(QFileDialog.getOpenFileName(self, self.tr("Allow a file"))[0]))
        self._files.row("", side_by_side(folder, file))

    def _show_servers(self) -> None:
        self._servers.clear()
        self.switches.clear()
        states = {state.name: state for state in self._states}
        for server in self.settings.tool_servers:
            switch = Switch(self.theme, self.tr("On"))
            switch.setChecked(server.is_on)
            switch.toggled.connect(lambda is_on, name=server.name: self._switch(name, is_on))
            self.switches[server.name] = switch
            remove = IconTextButton(self.theme, "trash-2", self.tr("Remove"))
            remove.clicked.connect(lambda _checked=False, name=server.name: self._remove(name))
            words = self._state_words(server, states.get(server.name))
            self._servers.row(server.name, side_by_side(switch, remove), f"{words}\n{server.shown}")
        if not self.settings.tool_servers:
            self._servers.add(_padded(note(self.tr("None yet. Their tools join the list above and always ask first."))))

    def _state_words(self, server: ToolServer, state: ToolServerState | None) -> str:
        if not server.is_on:
            return self.tr("Switched off.")
        if state is None or not (state.is_connected or state.problem):
            return self.tr("Connecting.")
        if state.problem:
            return state.problem
        count = state.tool_count
        return self.tr("Connected, 1 tool.") if count == 1 else self.tr("Connected, {n} tools.").format(n=count)

    def _line(self, words: str, button: str, act: object) -> QWidget:
        holder = QWidget()
        label = PlainLabel(words)
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        undo = QPushButton(button)
        undo.setProperty("compact", True)
        undo.clicked.connect(act)
        row = side_by_side(label, undo, has_stretch=False)
        row.setContentsMargins(0, 10, 0, 10)
        holder.setLayout(row)
        return holder

    # --- what the person does -----------------------------------------------------------------------------

    def allow(self, path: str) -> None:
        """Let a model ask to read *path*; empty is nothing."""
        if path and path not in self.settings.readable_paths:
            self._edit(readable_paths=(*self.settings.readable_paths, path))
            self._show_files()

    def _forget_path(self, path: str) -> None:
        self._edit(readable_paths=tuple(one for one in self.settings.readable_paths if one != path))
        self._show_files()

    def _on_permission(self, name: str) -> None:
        permission = Permission(self.permissions[name].currentData())
        self._edit(tool_permissions={**self.settings.tool_permissions, name: permission})

    def _on_titles(self, is_wanted: bool) -> None:
        self._edit(is_titled_by_model=is_wanted)

    def _switch(self, name: str, is_on: bool) -> None:
        self._change_servers([replace(s, is_on=is_on) if s.name == name else s for s in self.settings.tool_servers])

    def _remove(self, name: str) -> None:
        self._change_servers([server for server in self.settings.tool_servers if server.name != name])

    def _on_add(self) -> None:
        what, name = self.what.text().strip(), self.name.text().strip()
        if what.startswith(("http://", "https://")):
            server = ToolServer(name, url=what)
        else:
            try:
                command, *words = shlex.split(what) or [""]
            except ValueError:
                self._what_row.set_error(self.tr("A quotation mark stands without its partner."))
                return
            server = ToolServer(name, command, tuple(words))
        if self.offer(replace(self.settings, tool_servers=(*self.settings.tool_servers, server)), self._what_row):
            if self.key.text().strip():
                self.wanted.emit(StoreKey(server.secret_name, self.key.text().strip()))
            for line in (self.name, self.what, self.key):
                line.clear()
            self._show_servers()

    def _change_servers(self, servers: Sequence[ToolServer]) -> None:
        self._edit(tool_servers=tuple(servers))
        self._show_servers()

    def _edit(self, **changes: object) -> None:
        self.offer(replace(self.settings, **changes))  # type: ignore[arg-type]


def _padded(widget: QWidget) -> QWidget:
    widget.setContentsMargins(0, 10, 0, 10)
    return widget

"""Settings as a TOML file that a person may edit: only what differs from the defaults stands in it."""

from __future__ import annotations

import shutil
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from enum import Enum
from gettext import gettext as _
from pathlib import Path
from typing import Any

import tomli_w

from voiceapp.core.errors import ConfigError
from voiceapp.core.settings import LOCAL, OPENAI, Settings, validated
from voiceapp.store.files import set_aside, told_as_store_error, write_private


class SettingsFile:
    """Reads and writes one settings file. Blocking, a millisecond; any one thread at a time.

    Reading never fails: what cannot be used is left out, told by :attr:`notices`, and kept in a file beside it.
    Keys of a newer version are carried along unread.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now
        self._unknown: dict[str, Any] = {}
        self.notices: tuple[str, ...] = ()

    def load(self) -> Settings:
        """Return what the file holds, defaults where it holds nothing. Raises StoreError where it may not be read."""
        self.notices, self._unknown = (), {}
        with told_as_store_error(self._path):
            try:
                data = self._path.read_bytes()
            except FileNotFoundError:
                return validated(Settings())
        try:
            table = tomllib.loads(data.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            with told_as_store_error(self._path):
                aside = set_aside(self._path, self._now())
            self._tell(_("The settings file could not be read. It was set aside as {file}.").format(file=aside.name))
            return validated(Settings())
        return self._settings_from(table)

    def save(self, settings: Settings) -> None:
        """Write *settings*. Raises ConfigError for values out of range, StoreError, DiskFull."""
        text = tomli_w.dumps(self._unknown | to_table(validated(settings)))
        with told_as_store_error(self._path):
            write_private(self._path, text)

    def _settings_from(self, table: dict[str, Any]) -> Settings:
        """Convert key by key, so that one bad value costs only itself."""
        import msgspec  # 35 ms that a start without settings does without

        known = {field.name for field in fields(Settings)}
        self._unknown = {name: value for name, value in table.items() if name not in known}
        settings, refused = validated(Settings()), []
        for name in (field.name for field in fields(Settings) if field.name in table):
            try:
                value = getattr(msgspec.convert({name: table[name]}, Settings), name)
                settings = validated(replace(settings, **{name: value}))
            except (msgspec.ValidationError, ConfigError):
                refused.append(name)
        if refused:
            copy = self._keep_copy()
            names = ", ".join(refused)
            self._tell(
                _("These settings could not be used and have their defaults: {names}. A copy is in {file}.").format(
                    names=names, file=copy.name
                )
            )
        return settings

    def _keep_copy(self) -> Path:
        copy = self._path.with_name(f"{self._path.name}.refused")
        with told_as_store_error(copy):
            shutil.copy2(self._path, copy)
        return copy

    def _tell(self, notice: str) -> None:
        self.notices = (*self.notices, notice)


def to_table(settings: Settings) -> dict[str, Any]:
    """Return *settings* as TOML values: what equals the default is left out, so defaults can improve later."""
    defaults = Settings()
    table: dict[str, Any] = {
        field.name: _plain(getattr(settings, field.name))
        for field in fields(settings)
        if getattr(settings, field.name) != getattr(defaults, field.name) and field.name not in ("providers", "jobs")
    }
    providers = [p for p in settings.providers if p not in (LOCAL, OPENAI)]
    if providers:
        table["providers"] = [_without_empty(asdict(provider)) for provider in providers]
    if settings.jobs:
        table["jobs"] = {job: _without_empty(asdict(choice)) for job, choice in settings.jobs.items()}
    return table


def _plain(value: object) -> object:
    """Return *value* as TOML knows it; of a group of settings only what differs from its defaults."""
    if is_dataclass(value) and not isinstance(value, type):
        usual = type(value)()
        named = ((field.name, getattr(value, field.name)) for field in fields(value))
        return {name: _plain(one) for name, one in named if one != getattr(usual, name)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _without_empty(table: Mapping[str, object]) -> dict[str, object]:
    return {
        name: dict(value) if isinstance(value, Mapping) else str(value)
        for name, value in table.items()
        if value not in ("", {})
    }

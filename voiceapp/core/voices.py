"""Voices to choose from: what each of them is asked to say, and what the model behind them can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from voiceapp.core.models import Model, ModelTable
from voiceapp.core.settings import Job, ProviderKind, Settings
from voiceapp.core.speech import Voice

SAMPLES = {
    "de": "Guten Tag. So klingt es, wenn ich Ihnen eine Antwort vorlese.",
    "en": "Hello. This is how I sound when I read an answer to you.",
    "es": "Hola. Así sueno cuando te leo una respuesta.",
    "fr": "Bonjour. Voici ma voix quand je vous lis une réponse.",
    "it": "Ciao. Questa è la mia voce quando ti leggo una risposta.",
    "ja": "こんにちは。返事を読むときは、このような声です。",
    "ko": "안녕하세요. 대답을 읽어 드릴 때는 이런 목소리입니다.",
    "nl": "Hallo. Zo klink ik als ik je een antwoord voorlees.",
    "pl": "Dzień dobry. Tak brzmię, kiedy czytam odpowiedź.",
    "pt": "Olá. É assim que soo quando leio uma resposta.",
    "zh": "你好。我为你读答案时就是这个声音。",
}
"""By ISO 639-1: a sentence that shows a voice, each in its own language."""


@dataclass(frozen=True)
class PreviewVoice:
    """Let *voice* ("" = the engine's own) say a sentence, at this speed and in this style; Interrupt ends it.

    Answered by VoicePreviewed.
    """

    voice: str = ""
    speed: float = 1.0
    style: str = ""


@dataclass(frozen=True)
class VoicePreviewed:
    """How far the preview of *voice* is. *stage*: "making", "sounding", "done" or "failed"; *problem* says why."""

    voice: str
    stage: str
    problem: str = ""


VoiceCommand: TypeAlias = PreviewVoice
VoiceEvent: TypeAlias = VoicePreviewed


def sample(voice: str, voices: Mapping[str, Voice], language: str) -> str:
    """Return what *voice* is to say: in its own language, else in the one that the person speaks, else in English."""
    known = voices.get(voice)
    for code in (known.language if known else "", language):
        if code[:2] in SAMPLES:
            return SAMPLES[code[:2]]
    return SAMPLES["en"]


def row_of(settings: Settings, job: Job, table: ModelTable) -> Model | None:
    """Return the row of the model that does *job*; None where this computer does it or only a server knows."""
    choice = settings.choice(job)
    provider = settings.provider(choice.provider)
    if provider.kind is ProviderKind.LOCAL:
        return None
    model = choice.model or provider.deployments.get(job.value, "")
    if model or provider.kind is not ProviderKind.COMPATIBLE:
        return table.find(model or table.default(job.value))
    return None


def can_hear(settings: Settings, table: ModelTable) -> bool:
    """Whether the model that chats by *settings* can hear and speak by itself."""
    row = row_of(settings, Job.CHAT, table)
    return row is not None and row.by_ear


def voices_for(
    settings: Settings, table: ModelTable, by_provider: Mapping[str, tuple[Voice, ...]]
) -> tuple[Voice, ...]:
    """Return the voices to suggest for whoever speaks by *settings*."""
    row = row_of(settings, Job.SPEECH, table)
    if row is not None and row.voices:
        return row.voices
    return by_provider.get(settings.choice(Job.SPEECH).provider, ())


def takes_style(settings: Settings, table: ModelTable) -> bool:
    """Whether whoever speaks by *settings* can be told how to sound."""
    row = row_of(settings, Job.SPEECH, table)
    return row is not None and "instructions" in row.accepts

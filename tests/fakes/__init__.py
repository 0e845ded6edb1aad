"""Scripted stand-ins for every port, kept honest by ``tests/contract``.

They wait only by the running loop's clock, so the same fake works in real time and under ``tests.virtual_clock``.
Each takes a script and records what was asked of it; a script that is asked for more than it holds fails the test.
"""

from tests.fakes.chat import FakeChat
from tests.fakes.devices import FakeDevices, FakeLoudspeaker, FakeMicrophone
from tests.fakes.moderation import FakeModerator, MemoryVerdicts
from tests.fakes.sounds import RATE_HZ, noise, silence, tone, voice_like
from tests.fakes.speech import FakeHearing, FakeSpeech, FakeVad
from tests.fakes.store import FakeSecrets, MemoryStore

__all__ = [
    "RATE_HZ",
    "FakeChat",
    "FakeDevices",
    "FakeHearing",
    "FakeLoudspeaker",
    "FakeMicrophone",
    "FakeModerator",
    "FakeSecrets",
    "FakeSpeech",
    "FakeVad",
    "MemoryStore",
    "MemoryVerdicts",
    "noise",
    "silence",
    "tone",
    "voice_like",
]

"""The contracts between the voice loop and the outside world.

Each is kept by a fake and by real adapters, and checked for both by ``tests/contract``.

All coroutines run on the voice loop, can be cancelled at any await, and raise only subclasses of
``core.errors.VoiceAppError``. Sound is mono float32, shape (frames,), range [-1, 1].
"""

from voiceapp.ports.caching import Cache, NoCache
from voiceapp.ports.engines import ChatModel, EngineMaker, EngineSet, Hearing, SpeechToText, TextToSpeech
from voiceapp.ports.images import ImageGate, ImageMaker, ImageMakers, ImageStore
from voiceapp.ports.keeping import Secrets, Store, TakeFormat, TakeSink, TakeSummary, TakeWriter
from voiceapp.ports.moderation import Moderator, VerdictLog
from voiceapp.ports.sound import AudioDevices, Loudspeaker, MicrophoneStream, Resampler, Vad
from voiceapp.ports.tools import Outside, Tools, ToolServers
from voiceapp.ports.usage import NoUsageLog, UsageLog

__all__ = [
    "AudioDevices",
    "Cache",
    "ChatModel",
    "EngineMaker",
    "EngineSet",
    "Hearing",
    "ImageGate",
    "ImageMaker",
    "ImageMakers",
    "ImageStore",
    "Loudspeaker",
    "MicrophoneStream",
    "Moderator",
    "NoCache",
    "NoUsageLog",
    "Outside",
    "Resampler",
    "Secrets",
    "SpeechToText",
    "Store",
    "TakeFormat",
    "TakeSink",
    "TakeSummary",
    "TakeWriter",
    "TextToSpeech",
    "ToolServers",
    "Tools",
    "UsageLog",
    "Vad",
    "VerdictLog",
]

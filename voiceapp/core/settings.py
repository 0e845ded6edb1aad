"""What the person chose. Plain values; ``store`` reads and writes them as TOML, ``app``/``cli`` act on them.

Keys are not settings: they live in the keyring (``ports.Secrets``), never here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from gettext import gettext as _

from voiceapp.core.errors import ConfigError
from voiceapp.core.hearing import HearingWishes
from voiceapp.core.moderation import LOWEST_LIMIT, Policy
from voiceapp.core.tool_settings import Permission, ToolServer, check_servers

BUDGET_MAX_USD = 1e9


class Job(StrEnum):
    """What an engine is asked to do; each job names its provider and model."""

    CHAT = "chat"
    TRANSCRIPTION = "transcription"
    LIVE_TRANSCRIPTION = "live_transcription"
    SPEECH = "speech"
    REALTIME = "realtime"
    IMAGES = "images"
    MODERATION = "moderation"
    EMBEDDINGS = "embeddings"


class ProviderKind(StrEnum):
    """How a provider is spoken to."""

    LOCAL = "local"
    OPENAI = "openai"
    AZURE = "azure"
    COMPATIBLE = "compatible"


class ChatApi(StrEnum):
    """Which of OpenAI's two chat protocols a provider gets; AUTO: Responses on OpenAI, else Chat Completions."""

    AUTO = "auto"
    RESPONSES = "responses"
    CHAT_COMPLETIONS = "chat_completions"


class Memory(StrEnum):
    """Who remembers a conversation between its turns; only a service that speaks Responses can be asked to."""

    RESENT = "resent"  # nobody but this computer: everything is sent again, and the service is told to keep nothing
    HELD = "held"  # the service, which keeps it for weeks and is sent only what is new


@dataclass(frozen=True)
class Provider:
    """Somebody who does jobs.

    Attributes:
        name: unique, as typed after ``--provider``.
        base_url: for OpenAI empty = the service's own; for Azure the endpoint.
        api_version: Azure only.
        paths: per job an endpoint path that replaces the standard one ({"images": "/images/generate"}).
        deployments: Azure: per job the deployment's name.
        key_command: prints the key, where it is not kept here: sign-in tokens, which end. Asked again before that.
        memory: who remembers a conversation; compatible servers are never asked to.
    """

    name: str
    kind: ProviderKind
    base_url: str = ""
    organization: str = ""
    project: str = ""
    api_version: str = ""
    chat_api: ChatApi = ChatApi.AUTO
    paths: Mapping[str, str] = field(default_factory=dict)
    deployments: Mapping[str, str] = field(default_factory=dict)
    key_command: str = ""
    memory: Memory = Memory.RESENT

    @property
    def shown(self) -> str:
        """The name for people."""
        if self.name == "local":
            return _("This computer")
        return {"openai": "OpenAI", "azure": "Azure OpenAI"}.get(self.name, self.name)

    @property
    def is_private(self) -> bool:
        """Whether nobody but this computer is to remember what is said."""
        return self.memory is not Memory.HELD or self.kind is ProviderKind.COMPATIBLE


@dataclass(frozen=True)
class Choice:
    """Who does a job, with which model; an empty model means the provider's default from the model table.

    *effort*: of reasoning, for chat; empty leaves it to the model.
    """

    provider: str
    model: str = ""
    effort: str = ""


LOCAL = Provider("local", ProviderKind.LOCAL)
OPENAI = Provider("openai", ProviderKind.OPENAI)


@dataclass(frozen=True)
class Settings:
    """Everything a person can choose.

    Attributes:
        providers: "local" and "openai" are always there, first.
        jobs: per :class:`Job` value its choice; jobs not named are done by "local".
        voice: empty = the engine's default.
        speed: of speech, 0.5-2.0.
        voice_style: how it is to sound, told to the voices that can be told.
        is_by_ear: a chat model that can hears the recording itself and speaks its answer itself.
        language: ISO 639-1 of the speech to hear, empty = the engine finds out.
        input_device, output_device: names, never indexes; empty = the system's default.
        is_microphone_warm: keep the microphone open between turns for pre-roll; visible when on.
        is_start_sound: a short sound once the microphone really delivers.
        theme: "system", "light" or "dark".
        fallbacks: providers that take a turn over, in order, when the chosen one fails.
        endings_seen: models whose announced end the person has seen and put off.
        is_cached: keep answers to identical moderation and embedding requests on this disk, and speech where the
            service remembers conversations too.
        is_private_speech_cached: speech of private conversations as well.
        offers_declined: base URLs of servers on this machine that the person does not want to be offered again.
        moderation: what is checked by itself, and the limits.
        tool_permissions: by a tool's name as shown, where the person decided; "server.tool" for a server's.
        tool_servers: servers whose tools join voiceapp's own.
        readable_paths: files and folders that a model may ask to read.
        is_titled_by_model: a conversation gets its title from the chat model after the first exchange.
        hearing: how speech is heard and sent.
        budget_usd: what may be spent in a month before every further paid call is asked about; None = no limit.
    """

    providers: tuple[Provider, ...] = (LOCAL, OPENAI)
    jobs: Mapping[str, Choice] = field(default_factory=dict)
    instructions: str = ""
    vocabulary: tuple[str, ...] = ()
    voice: str = ""
    speed: float = 1.0
    voice_style: str = ""
    is_by_ear: bool = True
    language: str = ""
    input_device: str = ""
    output_device: str = ""
    is_microphone_warm: bool = False
    is_reply_aloud: bool = True
    is_start_sound: bool = True
    theme: str = "system"
    offers_declined: tuple[str, ...] = ()
    fallbacks: tuple[str, ...] = ()
    endings_seen: tuple[str, ...] = ()
    is_cached: bool = True
    is_private_speech_cached: bool = False
    moderation: Policy = field(default_factory=Policy)
    tool_permissions: Mapping[str, Permission] = field(default_factory=dict)
    tool_servers: tuple[ToolServer, ...] = ()
    readable_paths: tuple[str, ...] = ()
    is_titled_by_model: bool = True
    hearing: HearingWishes = field(default_factory=HearingWishes)
    budget_usd: float | None = None

    def choice(self, job: Job) -> Choice:
        """Return who does *job*."""
        return self.jobs.get(job.value, Choice(LOCAL.name))

    def checker(self) -> Choice:
        """Return who checks texts and pictures: as chosen; where nobody was, OpenAI if it does any other work."""
        return self._chosen_or_openai(Job.MODERATION)

    def drawer(self) -> Choice:
        """Return who draws: as chosen; where nobody was, OpenAI if it does any other work."""
        return self._chosen_or_openai(Job.IMAGES)

    def _chosen_or_openai(self, job: Job) -> Choice:
        if job.value in self.jobs:
            return self.jobs[job.value]
        others = (self.provider(choice.provider) for choice in self.jobs.values())
        asked = next((p for p in others if p.kind is ProviderKind.OPENAI), None)
        return Choice(asked.name if asked else LOCAL.name)

    def provider(self, name: str) -> Provider:
        """Return the provider called *name*; raises ConfigError naming those that exist."""
        for provider in self.providers:
            if provider.name == name:
                return provider
        known = ", ".join(p.name for p in self.providers)
        raise ConfigError(
            _("There is no provider called “{name}”.").format(name=name),
            hint=_("Configured are: {known}.").format(known=known),
        )

    def heard_live(self) -> Settings:
        """Return settings in which whoever hears does so while you speak, as the local engine always does."""
        ears = Choice(self.choice(Job.TRANSCRIPTION).provider)
        return replace(self, jobs={Job.LIVE_TRANSCRIPTION.value: ears, **self.jobs})

    def with_provider(self, name: str) -> Settings:
        """Return settings in which the turn's three jobs are done by provider *name* with its default models."""
        self.provider(name)
        turn_jobs = {job.value: Choice(name) for job in (Job.CHAT, Job.TRANSCRIPTION, Job.SPEECH)}
        live = Job.LIVE_TRANSCRIPTION.value  # whoever names one provider does not want to be heard by another
        others = {job: choice for job, choice in self.jobs.items() if job != live or choice.provider == name}
        return replace(self, jobs={**others, **turn_jobs})


def speaks_responses(provider: Provider) -> bool:
    """Tell which of the two chat protocols *provider* gets."""
    is_openai = provider.kind is ProviderKind.OPENAI and not provider.base_url
    return provider.chat_api is ChatApi.RESPONSES or (provider.chat_api is ChatApi.AUTO and is_openai)


def address_problem(address: str) -> str:
    """Say what is wrong with a base URL; "" when nothing is."""
    from urllib.parse import urlsplit  # here: the window starts without it

    try:
        parts = urlsplit(address)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good:
        return _("Write an address like http://localhost:11434/v1.")
    return _("Leave the key out of the address.") if "@" in parts.netloc else ""


def validated(settings: Settings) -> Settings:
    """Return *settings* with the built-in providers present; raises ConfigError for values out of range."""
    if not 0.5 <= settings.speed <= 2.0:
        raise ConfigError(_("The speed of speech must lie between 0.5 and 2."))
    if settings.theme not in ("system", "light", "dark"):
        raise ConfigError(_("The theme must be “system”, “light” or “dark”."))
    if not all(LOWEST_LIMIT <= limit <= 1.0 for limit in settings.moderation.limits.values()):
        raise ConfigError(_("A limit of moderation must lie between 0.01 and 1."))
    if settings.budget_usd is not None and not 0.0 <= settings.budget_usd < BUDGET_MAX_USD:
        raise ConfigError(_("The budget must be an amount of dollars, 0 or more."))
    check_servers(settings.tool_servers)
    names = [provider.name for provider in settings.providers]
    if len(set(names)) != len(names):
        raise ConfigError(_("Two providers have the same name."))
    built_in = tuple(p for p in (LOCAL, OPENAI) if p.name not in names)
    complete = replace(settings, providers=(*built_in, *settings.providers))
    for name in (*(choice.provider for choice in complete.jobs.values()), *complete.fallbacks):
        complete.provider(name)
    return complete

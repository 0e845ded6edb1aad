"""What can go wrong, told to a person.

Every error carries a sentence (what happened), a hint (what to do) and whether trying again helps. Adapters
raise these and nothing else; keys and private text never appear in them. ``detail`` is for the "copy details"
button and the log: a status code, a short machine code, never a body.
"""

from __future__ import annotations

from gettext import gettext as _


class VoiceAppError(Exception):
    """The root of the taxonomy.

    Args:
        message: one sentence for the person: what happened.
        hint: one sentence: what to do; may be empty.
        detail: short technical facts ("401 invalid_api_key"), safe to show and to log.
    """

    code = "error"
    is_retryable = False

    def __init__(self, message: str, *, hint: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail


class ConfigError(VoiceAppError):
    """A setting or a command-line value cannot be used."""

    code = "config"


class DeviceError(VoiceAppError):
    """A microphone or loudspeaker is missing, refused or vanished."""

    code = "device"
    is_retryable = True


class AudioFileError(VoiceAppError):
    """A file that should hold sound does not, or not in a form that can be read."""

    code = "audio_file"


class StoreError(VoiceAppError):
    """Something could not be written to or read from the data folder."""

    code = "store"


class DiskFull(StoreError):
    """No space is left where takes and conversations are kept."""

    code = "disk_full"


class AttachmentError(VoiceAppError):
    """A file cannot go with a message: broken, empty, locked, too large, of a kind that cannot be used."""

    code = "attachment"


class ToolError(VoiceAppError):
    """A tool could not do what it was asked; the message is written for the model to mend its call."""

    code = "tool"


class ProviderError(VoiceAppError):
    """A speech, chat, image or moderation service did not do its job. ``provider`` is its name for people."""

    code = "provider"

    def __init__(self, message: str, *, hint: str = "", detail: str = "", provider: str = "") -> None:
        super().__init__(message, hint=hint, detail=detail)
        self.provider = provider


class NoKey(ProviderError):
    """No key is configured for a provider that needs one."""

    code = "no_key"


class AuthFailed(ProviderError):
    """The key is wrong, revoked or not allowed here (401, 403)."""

    code = "auth"


class NoCredit(ProviderError):
    """The account has no credit left; waiting does not help."""

    code = "no_credit"


class RateLimited(ProviderError):
    """Too many requests; trying again after ``retry_after_s`` helps."""

    code = "rate_limit"
    is_retryable = True

    def __init__(
        self, message: str, *, retry_after_s: float, hint: str = "", detail: str = "", provider: str = ""
    ) -> None:
        super().__init__(message, hint=hint, detail=detail, provider=provider)
        self.retry_after_s = retry_after_s


class ModelGone(ProviderError):
    """The model does not exist (any more); ``replacement`` names its successor where one is known."""

    code = "model_gone"

    def __init__(
        self,
        message: str,
        *,
        model: str,
        replacement: str = "",
        hint: str = "",
        detail: str = "",
        provider: str = "",
    ) -> None:
        super().__init__(message, hint=hint, detail=detail, provider=provider)
        self.model = model
        self.replacement = replacement


class TooLong(ProviderError):
    """The request is larger than the model or the endpoint takes."""

    code = "too_long"


class BadRequest(ProviderError):
    """The service refused a parameter; ``param`` names it where the service said so."""

    code = "bad_request"

    def __init__(self, message: str, *, param: str = "", hint: str = "", detail: str = "", provider: str = "") -> None:
        super().__init__(message, hint=hint, detail=detail, provider=provider)
        self.param = param


class Refused(ProviderError):
    """The service declined the content by its policy."""

    code = "refused"


class CannotSee(ProviderError):
    """Who answers takes no pictures, or no files of this kind; another model may."""

    code = "cannot_see"


class ProviderDown(ProviderError):
    """The service answered with a fault of its own (5xx) or broke off."""

    code = "down"
    is_retryable = True


class BadAnswer(ProviderError):
    """The service answered something that is not its protocol (HTML, rubbish, an empty stream)."""

    code = "bad_answer"
    is_retryable = True


class NoNetwork(ProviderError):
    """The service could not be reached (name, route, refused, TLS)."""

    code = "no_network"
    is_retryable = True


class TimedOut(ProviderError):
    """The service did not answer in time."""

    code = "timeout"
    is_retryable = True


def unexpected(error: BaseException) -> VoiceAppError:
    """Wrap a fault of our own so that a person reads a sentence; the class name is the only detail given."""
    if isinstance(error, VoiceAppError):
        return error
    return VoiceAppError(
        _("Something went wrong inside voiceapp."),
        hint=_("What you said and wrote is saved. The log has the details."),
        detail=type(error).__name__,
    )

"""What a person reads when a provider does not do its job: what happened, and what to do.

One function an error; ``Where`` holds what the sentences need. Nothing of the server's own words enters them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from gettext import gettext as _

from voiceapp.core import errors as e


@dataclass(frozen=True)
class Where:
    """Whom we spoke to, for the sentences.

    Attributes:
        provider: its name for people.
        host: host and port, shown when nothing answers there.
        model: the one asked for.
        replacement: its successor, "" when none is known.
        key_tail: the key's last four characters, "" when there is no key or it is too short to show any.
        has_key: whether a key was sent at all.
        timeout_s: how long we waited, for the sentence about it.
    """

    provider: str
    host: str = ""
    model: str = ""
    replacement: str = ""
    key_tail: str = field(default="", repr=False)
    has_key: bool = True
    timeout_s: float = 20.0


def no_key(where: Where) -> e.NoKey:
    return e.NoKey(
        _("There is no key for {provider}.").format(provider=where.provider),
        hint=_("Add one in Settings, or carry on with the engine on this computer."),
        provider=where.provider,
    )


def cannot_see(where: Where, detail: str = "") -> e.CannotSee:
    return e.CannotSee(
        _("{model} at {provider} did not take the picture or file.").format(
            model=where.model or _("The model"), provider=where.provider
        ),
        hint=_("Nothing is lost: choose a model that does under Settings, “Who does what”, then try again."),
        detail=detail,
        provider=where.provider,
    )


def key_refused(where: Where, detail: str = "") -> e.ProviderError:
    if not where.has_key:
        return no_key(where)
    if where.key_tail:
        sentence = _("{provider} did not accept the key ending in {tail}.").format(
            provider=where.provider, tail=where.key_tail
        )
    else:
        sentence = _("{provider} did not accept the key.").format(provider=where.provider)
    hint = _("Nothing was charged. Paste a new key, or carry on with the engine on this computer.")
    return e.AuthFailed(sentence, hint=hint, detail=detail, provider=where.provider)


def key_is_none(where: Where) -> e.AuthFailed:
    return e.AuthFailed(
        _("What is stored as the key for {provider} cannot be one.").format(provider=where.provider),
        hint=_("It holds characters that no key has. Paste the key again."),
        provider=where.provider,
    )


def forbidden(where: Where, detail: str = "") -> e.AuthFailed:
    return e.AuthFailed(
        _("{provider} does not allow this with your key or from your region.").format(provider=where.provider),
        hint=_("Check the key's permissions and the project it belongs to."),
        detail=detail,
        provider=where.provider,
    )


def no_credit(where: Where, detail: str = "") -> e.NoCredit:
    return e.NoCredit(
        _("The account at {provider} has no credit left.").format(provider=where.provider),
        hint=_("Add credit on its billing page, or carry on with the engine on this computer."),
        detail=detail,
        provider=where.provider,
    )


def rate_limited(where: Where, wait_s: float, detail: str = "") -> e.RateLimited:
    return e.RateLimited(
        _("{provider} asks to wait {seconds} s: too many requests.").format(
            provider=where.provider, seconds=f"{wait_s:.1f}" if wait_s < 10 else f"{wait_s:.0f}"
        ),
        retry_after_s=wait_s,
        hint=_("Try again after the wait."),
        detail=detail,
        provider=where.provider,
    )


def model_gone(where: Where, detail: str = "") -> e.ModelGone:
    sentence = _("{provider} does not offer the model {model}.").format(provider=where.provider, model=where.model)
    if where.replacement:
        hint = _("Its successor is {replacement}.").format(replacement=where.replacement)
    else:
        hint = _("Choose another model in Settings.")
    return e.ModelGone(
        sentence, model=where.model, replacement=where.replacement, hint=hint, detail=detail, provider=where.provider
    )


def refused(where: Where, detail: str = "") -> e.Refused:
    return e.Refused(
        _("{provider} declined this by its content policy.").format(provider=where.provider),
        hint=_("Say it differently."),
        detail=detail,
        provider=where.provider,
    )


def too_long(where: Where, detail: str = "", hint: str = "") -> e.TooLong:
    return e.TooLong(
        _("This is longer than {provider} takes at once.").format(provider=where.provider),
        hint=hint or _("Begin a new conversation, or send less."),
        detail=detail,
        provider=where.provider,
    )


def down(where: Where, detail: str = "") -> e.ProviderDown:
    return e.ProviderDown(
        _("{provider} has a problem of its own.").format(provider=where.provider),
        hint=_("Try again in a moment, or carry on with the engine on this computer."),
        detail=detail,
        provider=where.provider,
    )


def broke_off(where: Where, detail: str = "") -> e.ProviderDown:
    return e.ProviderDown(
        _("{provider} broke off in the middle of its answer.").format(provider=where.provider),
        hint=_("What arrived is kept. Try again."),
        detail=detail,
        provider=where.provider,
    )


def bad_request(where: Where, param: str = "", detail: str = "") -> e.BadRequest:
    if param:
        sentence = _("{provider} refused the parameter “{param}”.").format(provider=where.provider, param=param)
        hint = _("Another model may take it.")
    else:
        sentence = _("{provider} refused the request.").format(provider=where.provider)
        hint = _("Check the model and the base URL in Settings.")
    return e.BadRequest(sentence, param=param, hint=hint, detail=detail, provider=where.provider)


def timed_out(where: Where, *, is_connecting: bool = False) -> e.TimedOut:
    if is_connecting:
        sentence = _("{provider} could not be reached in time at {host}.").format(
            provider=where.provider, host=where.host
        )
    else:
        sentence = _("{provider} did not answer for {seconds} s.").format(
            provider=where.provider, seconds=f"{where.timeout_s:g}"
        )
    hint = _("Try again, or carry on with the engine on this computer.")
    return e.TimedOut(sentence, hint=hint, detail="timeout", provider=where.provider)


def not_the_protocol(kind: str, where: Where, detail: str = "") -> e.BadAnswer:
    sentence = {
        "html": _("{provider} answered with a web page instead of the API."),
        "empty": _("{provider} answered with nothing."),
        "too_large": _("{provider} sent more in one piece than voiceapp takes."),
    }.get(kind, _("{provider} answered something that cannot be understood."))
    return e.BadAnswer(
        sentence.format(provider=where.provider),
        hint=_("Check the base URL in Settings, and that a login page or proxy is not in between."),
        detail=detail or kind,
        provider=where.provider,
    )


def not_here(where: Where, detail: str = "") -> e.BadRequest:
    return e.BadRequest(
        _("{provider} does not offer this at its address.").format(provider=where.provider),
        hint=_("Check the base URL in Settings; it usually ends in /v1."),
        detail=detail,
        provider=where.provider,
    )


def bad_address(where: Where) -> e.BadRequest:
    return e.BadRequest(
        _("The address of {provider} is not one.").format(provider=where.provider),
        hint=_("Check the base URL in Settings; it begins with https:// or http://."),
        detail="bad url",
        provider=where.provider,
    )


def no_model_for_job(where: Where) -> e.ModelGone:
    return e.ModelGone(
        _("{provider} lists no model for this.").format(provider=where.provider),
        model="",
        hint=_("Load one there, or name it in Settings."),
        provider=where.provider,
    )


def no_network(kind: str, where: Where) -> e.NoNetwork:
    """*kind*: "dns", "refused", "tls", "proxy" or "unreachable"."""
    sentence = {
        "dns": _("There is no way to {host}: the name was not found."),
        "refused": _("Nothing answers at {host}."),
        "tls": _("The connection to {host} is not secure: its certificate was not accepted."),
        "proxy": _("The proxy did not let the connection to {host} through."),
    }.get(kind, _("There is no connection to {host}."))
    hint = {
        "refused": _("Start the server there, or check the base URL in Settings."),
        "tls": _("Check this computer's clock, and that no proxy reads along."),
    }.get(kind, _("Check the network, or carry on with the engine on this computer."))
    return e.NoNetwork(sentence.format(host=where.host), hint=hint, detail=kind, provider=where.provider)


def recording_is_too_long() -> str:
    """The hint for a take beyond the upload limit."""
    return _("The recording is saved. Export it in parts, or transcribe it with the engine on this computer.")

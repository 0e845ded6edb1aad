"""What happens between providers, told in the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from gettext import gettext as _

from voiceapp.cli.output import Output
from voiceapp.core.providers import ProviderEvent, ProviderWaiting, TookOver


def told_in(output: Output) -> Callable[[ProviderEvent], None]:
    """Return what tells events about providers in *output*. Ends of models are told by ``voiceapp models``."""

    def tell(event: ProviderEvent) -> None:
        match event:
            case ProviderWaiting(provider, resumes_at_s):
                wait_s = max(0.0, resumes_at_s - time.monotonic())
                output.event("waiting", provider=provider, seconds=round(wait_s, 1))
                if not output.is_json:
                    output.notice(_("{provider} asks to wait {s:.0f} s.").format(provider=provider, s=wait_s))
            case TookOver(job, failed, used, reason):
                output.event("took_over", job=job, failed=failed, used=used, reason=reason)
                if not output.is_json:
                    output.notice(took_over(event))
            case _:
                pass

    return tell


def took_over(event: TookOver) -> str:
    """Return the sentence for a person."""
    return _("{reason} {used} took over.").format(reason=sentence(event.reason), used=event.used)


def sentence(text: str) -> str:
    """Return *text* with a full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."

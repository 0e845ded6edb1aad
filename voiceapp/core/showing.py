"""What of a conversation's attachments a model is shown: all that it can take, words in place of the rest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from gettext import gettext as _

from voiceapp.core.attachments import NotShown, Shown, ShownFile, ShownPicture, ShownText
from voiceapp.core.conversation import Line, Role
from voiceapp.core.errors import CannotSee
from voiceapp.core.settings import Provider, ProviderKind
from voiceapp.core.vision import Vision


def at_provider(provider: Provider, vision: Vision) -> Vision:
    """Return what is left of *vision* there: only OpenAI itself is known to take PDF files."""
    return vision if provider.kind is ProviderKind.OPENAI else replace(vision, pdf_pages=0)


def cannot_see(who: str) -> CannotSee:
    """Return the error for a picture that *who* answers cannot take."""
    return CannotSee(
        _("{who} takes no pictures.").format(who=who),
        hint=_("Nothing is lost: choose a model that does under Settings, “Who does what”, then try again."),
    )


def cannot_read(who: str, name: str) -> CannotSee:
    """Return the error for a PDF that nobody can read to *who*."""
    return CannotSee(
        _("{who} takes no PDF files, and the words of “{name}” are not known here.").format(who=who, name=name),
        hint=_("Nothing is lost: choose another model under Settings, “Who does what”, then try again."),
    )


def shown_to(lines: Sequence[Line], vision: Vision, who: str) -> tuple[Line, ...]:
    """Return *lines* as they can be sent to *who* sees like *vision*; earlier pictures are named where it is blind.

    Raises CannotSee where the question itself comes with something that cannot be sent: nothing was sent then.
    """
    if not any(line.shown for line in lines):
        return tuple(lines)
    asked = max((at for at, line in enumerate(lines) if line.role is Role.USER), default=-1)
    return tuple(_shown(line, vision, who, is_asked=at == asked) for at, line in enumerate(lines))


def _shown(line: Line, vision: Vision, who: str, *, is_asked: bool) -> Line:
    if is_asked and vision.is_blind and any(isinstance(one, ShownPicture) for one in line.shown):
        raise cannot_see(who)
    parts: list[Shown] = []
    for one in line.shown:
        match one:
            case ShownPicture(name) if vision.is_blind:
                parts.append(NotShown(name))
            case ShownFile(name, _address, text) if not vision.pdf_pages:
                if not text and is_asked:
                    raise cannot_read(who, name)
                parts.append(ShownText(name, text) if text else NotShown(name))
            case _:
                parts.append(one)
    return replace(line, shown=tuple(parts))


def in_words(one: ShownText | NotShown) -> str:
    """Return what a model reads of a text, or in place of what it is not shown."""
    if isinstance(one, NotShown):
        return f"[Here the person showed the file “{one.name}”. It is not shown again.]"
    return f"[The file “{one.name}” that the person attached:]\n\n{one.text}\n\n[End of the file “{one.name}”.]"

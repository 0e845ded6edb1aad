"""Which events become a notice, in which words, with which buttons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from gettext import gettext as _
from gettext import ngettext

from voiceapp.core import events as ev
from voiceapp.core.budget import Answer, AnswerBudget, BudgetAsked
from voiceapp.core.catalogue import with_replacement
from voiceapp.core.check_words import not_sent
from voiceapp.core.checks import DraftKept
from voiceapp.core.commands import ApplySettings, Command, PlayTake, RetryTake
from voiceapp.core.conversation import Take
from voiceapp.core.images import SAID, ImageJobEnded
from voiceapp.core.money import usd
from voiceapp.core.providers import ModelEnding, TookOver
from voiceapp.core.settings import Choice, Job, Provider, ProviderKind, Settings
from voiceapp.gui.notices import NoticeAction, NoticeText

Send = Callable[[Command], None]
SPEECH_SERVERS = frozenset({"speaches"})
"""Servers that hear and speak but do not chat."""


def notice_for(
    event: ev.Event, send: Send, settings: Callable[[], Settings], show_takes: Callable[[], None]
) -> NoticeText | None:
    """Return what to show for *event*, or None for the many that need no notice."""
    match event:
        case ev.Notice(message=message, hint=hint, is_problem=is_problem):
            return NoticeText(message, hint, is_problem=is_problem)
        case DraftKept(checked=checked):
            return NoticeText(*not_sent(checked), is_problem=True)
        case ev.DevicesChanged(notice=notice) if notice:
            return NoticeText(notice)
        case TookOver():
            return _took_over(event)
        case ModelEnding():
            return _model_ending(event, send, settings)
        case ev.ServerFound() if event.base_url not in settings().offers_declined:
            return _server_found(event, send, settings)
        case ev.TakesListed(recovered=recovered) if recovered:
            return _recovered(recovered, send, show_takes)
        case BudgetAsked():
            return _over_budget(event, send)
        case _:
            return _about_images(event)


def _about_images(event: ev.Event) -> NoticeText | None:
    match event:
        case ImageJobEnded(job=job, problem=problem) if problem is not None and job.startswith(SAID):
            return NoticeText(problem.message, problem.hint, is_problem=True)
        case _:
            return None


def _over_budget(asked: BudgetAsked, send: Send) -> NoticeText:
    def give(answer: Answer) -> Callable[[], None]:
        return lambda: send(AnswerBudget(asked.number, answer))

    sentence = _("This month's budget of {budget} is spent ({spent}). Go on?")
    return NoticeText(
        sentence.format(budget=usd(asked.budget_usd), spent=usd(asked.spent_usd)),
        _("What you said and wrote is kept, whatever you answer."),
        (
            NoticeAction(_("This time"), give(Answer.ONCE)),
            NoticeAction(_("Until the month ends"), give(Answer.MONTH)),
        ),
        dismiss=_("Stop"),
        on_dismissed=give(Answer.NO),
    )


def _took_over(event: TookOver) -> NoticeText:
    job = {
        Job.TRANSCRIPTION.value: _("{used} heard this turn instead of {failed}."),
        Job.CHAT.value: _("{used} answers this turn instead of {failed}."),
        Job.SPEECH.value: _("{used} speaks this turn instead of {failed}."),
    }.get(event.job, _("{used} did it instead of {failed}."))
    return NoticeText(job.format(used=event.used, failed=event.failed), event.reason)


def _model_ending(ending: ModelEnding, send: Send, settings: Callable[[], Settings]) -> NoticeText:
    def put_off() -> None:
        now = settings()
        send(ApplySettings(replace(now, endings_seen=(*now.endings_seen, ending.model))))

    job = Job(ending.job)
    chosen = settings().choice(job)

    def is_settled(now: Settings) -> bool:
        return now.choice(job) != chosen

    day = ending.ends.strftime("%d %B %Y").lstrip("0")
    message = _("{model} ends on {day}.").format(model=ending.model, day=day)
    if not ending.replacement:
        return NoticeText(
            message,
            _("No successor for the same work is known yet. Choose another in Settings, “Who does what”."),
            dismiss=_("Not now"),
            on_dismissed=put_off,
            is_settled=is_settled,
        )
    return NoticeText(
        message,
        _("Its successor is {replacement}.").format(replacement=ending.replacement),
        (
            NoticeAction(
                _("Use {replacement}").format(replacement=ending.replacement),
                lambda: send(ApplySettings(with_replacement(settings(), ending))),
            ),
        ),
        dismiss=_("Not now"),
        on_dismissed=put_off,
        is_settled=is_settled,
    )


def _server_found(found: ev.ServerFound, send: Send, settings: Callable[[], Settings]) -> NoticeText:
    def decline() -> None:
        now = settings()
        send(ApplySettings(replace(now, offers_declined=(*now.offers_declined, found.base_url))))

    models = ", ".join(found.models[:3]) + ("…" if len(found.models) > 3 else "")
    return NoticeText(
        _("{name} answers on this computer.").format(name=found.name),
        _("It offers {models}.").format(models=models) if models else "",
        (NoticeAction(_("Use it"), lambda: send(ApplySettings(using(settings(), found)))),),
        dismiss=_("Not now"),
        on_dismissed=decline,
    )


def using(settings: Settings, found: ev.ServerFound) -> Settings:
    """Return *settings* in which the server that was found does what it is good at."""
    name = found.name.lower().replace(" ", "-").replace(".", "-")
    taken = {provider.name: provider for provider in settings.providers}
    if name in taken and taken[name].base_url != found.base_url:
        name = f"{name}-2"
    provider = Provider(name, ProviderKind.COMPATIBLE, found.base_url)
    others = tuple(p for p in settings.providers if p.name != name)
    jobs = (Job.TRANSCRIPTION, Job.SPEECH) if found.name.lower() in SPEECH_SERVERS else (Job.CHAT,)
    model = found.models[0] if found.models and jobs == (Job.CHAT,) else ""
    chosen = {job.value: Choice(name, model) for job in jobs}
    return replace(settings, providers=(*others, provider), jobs={**settings.jobs, **chosen})


def _recovered(takes: tuple[Take, ...], send: Send, show_takes: Callable[[], None]) -> NoticeText:
    if len(takes) == 1:
        take = takes[0]
        return NoticeText(
            _("A recording was cut off. {seconds:.1f} s of it are saved.").format(seconds=take.duration_s),
            _("It has not been turned into words yet."),
            (
                NoticeAction(_("Play"), lambda: send(PlayTake(take.id))),
                NoticeAction(_("Turn into words"), lambda: send(RetryTake(take.id))),
            ),
        )
    message = ngettext(
        "{n} recording was cut off and is saved.", "{n} recordings were cut off and are saved.", len(takes)
    )
    return NoticeText(message.format(n=len(takes)), "", (NoticeAction(_("Show recordings"), show_takes),))

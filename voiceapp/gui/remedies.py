"""What is done about a problem: try again, with a key, with another model, with the engines on this computer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from voiceapp.core import commands as c
from voiceapp.core import events as e
from voiceapp.core.conversation import Role
from voiceapp.core.settings import Choice, Job, ProviderKind, Settings
from voiceapp.gui import conversation_entries as n
from voiceapp.gui import conversation_model as m
from voiceapp.gui.problem_card import ProblemCard


class Remedies:
    """Turns a problem card's buttons into commands.

    Args:
        model: the conversation that the problems stand in.
        want: takes the commands, in order.
    """

    def __init__(self, model: m.ConversationModel, want: Callable[[c.Command], None]) -> None:
        self._model, self._want = model, want
        self.settings = Settings()
        self._key_provider = ""

    def retry_of(self, entry: n.ProblemCard) -> c.Command | None:
        """Return the command that tries again what failed; an answer that is whole was only not spoken."""
        message = entry.message
        if message is not None and message.role is Role.ASSISTANT and message.text:
            is_rest = message.heard_chars is not None
            return c.SpeakMessage(message.id, is_rest) if message.is_complete else c.Regenerate(message.id)
        last = next((item for item in reversed(self._model.entries) if isinstance(item, n.UserTurn)), None)
        if last is not None and (entry.take is None or last.message.take_id == entry.take.id):
            return c.Regenerate(last.message.id)  # it was heard: only the answer is missing
        return c.RetryTake(entry.take.id) if entry.take is not None else None

    def retry(self, card: ProblemCard, entry: n.ProblemCard) -> None:
        """Send the failed turn again."""
        card.set_used()
        if (command := self.retry_of(entry)) is not None:
            self._want(command)

    def use(self, card: ProblemCard, entry: n.ProblemCard, settings: Settings) -> None:
        """Use other engines from now on, and try the turn with them."""
        self._want(c.ApplySettings(settings))
        self.retry(card, entry)

    def use_model(self, card: ProblemCard, entry: n.ProblemCard, model: str) -> None:
        """Give *model* the job of the one that is gone, and try again."""
        gone, jobs = entry.problem.model, dict(self.settings.jobs)
        for job in (Job.TRANSCRIPTION, Job.CHAT, Job.SPEECH):
            choice = self.settings.choice(job)
            if choice.model == gone or (not choice.model and job is _failed_job(entry)):
                jobs[job.value] = Choice(choice.provider, model)
        self.use(card, entry, replace(self.settings, jobs=jobs))

    def check_key(self, card: ProblemCard, entry: n.ProblemCard, key: str) -> None:
        """Keep *key* and check it; the turn is sent when it proves good."""
        card.set_checking()
        self._key_provider = self._provider_name(entry.problem.provider)
        self._want(c.StoreKey(self._key_provider, key))
        self._want(c.CheckProvider(self._key_provider))

    def on_checked(self, event: e.ProviderChecked, card: ProblemCard, entry: n.ProblemCard) -> None:
        """The newest problem's *card* may have waited for this."""
        if event.name != self._key_provider:
            return
        self._key_provider = ""
        if event.problem is not None:
            card.set_refused(event.problem.message)
        else:
            self.retry(card, entry)

    def _provider_name(self, shown: str) -> str:
        """Return the provider that is called *shown* in an error; without one, the first that is not local."""
        for provider in self.settings.providers:
            if shown.casefold() in (provider.name.casefold(), provider.shown.casefold()):
                return provider.name
        used = [self.settings.choice(job).provider for job in (Job.TRANSCRIPTION, Job.CHAT, Job.SPEECH)]
        kinds = {p.name: p.kind for p in self.settings.providers}
        return next((name for name in used if kinds.get(name) is not ProviderKind.LOCAL), "openai")


def _failed_job(entry: n.ProblemCard) -> Job:
    """Tell which job a model that is gone had: without words yet it was hearing, with the whole answer speaking."""
    if entry.message is not None and entry.message.role is Role.ASSISTANT and entry.message.is_complete:
        return Job.SPEECH
    return Job.CHAT if entry.message is not None or entry.take is None or entry.take.text else Job.TRANSCRIPTION

"""Which model does a job at one provider, and under which name."""

from __future__ import annotations

from collections.abc import Callable
from gettext import gettext as _

from voiceapp.core.errors import ModelGone, ProviderError
from voiceapp.core.models import Model, ModelTable
from voiceapp.core.settings import Job, Provider, ProviderKind
from voiceapp.openai_api import sentences
from voiceapp.openai_api.adapt import Body, Lessons, droppable_at, lesson_from
from voiceapp.openai_api.lessons import LessonBook


class ModelNames:
    """The part of a wire that knows models by name."""

    provider: Provider
    name: str
    table: ModelTable
    book: LessonBook
    on_notice: Callable[[str], None]
    _picked: dict[str, str]

    async def models(self) -> tuple[str, ...]:
        """Return the ids of the models that the provider lists."""
        raise NotImplementedError

    def where(self, model: str = "") -> sentences.Where:
        """Return whom we speak to, for the sentences of errors."""
        raise NotImplementedError

    async def model_for(self, job: str, model: str) -> str:
        """Return the name to send for *job*: the deployment, the chosen *model*, the default, or what is served."""
        if deployment := self.provider.deployments.get(job, ""):
            return deployment
        if model:
            return model
        if self.provider.kind is not ProviderKind.COMPATIBLE:
            return self.table.default(job)
        if job not in self._picked:
            self._picked[job] = self.table.pick(await self.models(), job)
        if not self._picked[job]:
            raise sentences.no_model_for_job(self.where())
        return self._picked[job]

    def label(self, job: str, model: str) -> str:
        """Return how an engine on this wire is shown: "OpenAI gpt-6-luna"."""
        shown = model or self.provider.deployments.get(job, "")
        if not shown and self.provider.kind is not ProviderKind.COMPATIBLE:
            shown = self.table.default(job)
        return f"{self.name} {shown}".strip()

    def known(self, model: str) -> Model:
        """Return what the table knows about *model*."""
        return self.table.find(model)

    # --- what the provider taught -------------------------------------------------------------------------

    def lesson(self, endpoint: str, error: ProviderError, prose: str, body: Body, known: Lessons) -> Lessons | None:
        """Return what *error* teaches about *body*, as it was sent to *endpoint*; None when nothing can be mended.

        A successor that speaks another protocol cannot simply be named in the same request.
        """
        is_voice = endpoint == Job.SPEECH.value
        if is_voice and isinstance(error, ModelGone) and not self._speak_alike(error.model, error.replacement):
            return None
        return lesson_from(error, prose, body, known, droppable_at(endpoint))

    def _speak_alike(self, model: str, other: str) -> bool:
        return self.known(model).speaks == self.known(other).speaks

    def tell_lesson(self, error: ProviderError, before: Lessons, learnt: Lessons) -> None:
        """Say what the person should know of a request that was mended."""
        if isinstance(error, ModelGone):
            self.tell_successor(error.model, error.replacement)
        elif "tools" in learnt.dropped - before.dropped:
            self.on_notice(_("This model at {provider} cannot use tools.").format(provider=self.name))

    def tell_successor(self, model: str, successor: str) -> None:
        """Say that *successor* answers in place of *model*."""
        sentence = _("{provider} no longer offers {model}. Its successor {replacement} answers instead.")
        self.on_notice(sentence.format(provider=self.name, model=model, replacement=successor))

    def successor_of(self, endpoint: str, model: str) -> str:
        """Return who took over from *model* at *endpoint*, here or in an earlier session; "" for nobody."""
        return (self.book.of(endpoint, {"model": model}).replaced or {}).get(model, "")

    def learn_successor(self, endpoint: str, model: str, successor: str) -> None:
        """Remember that *successor* took over from *model*, and say so."""
        self.book.learn(endpoint, {"model": model}, Lessons(replaced={model: successor}))
        self.tell_successor(model, successor)

"""Which model does a job at one provider, and under which name."""

from __future__ import annotations

from voiceapp.core.models import Model, ModelTable, pick
from voiceapp.core.settings import Provider, ProviderKind
from voiceapp.openai_api import sentences


class ModelNames:
    """The part of a wire that knows models by name."""

    provider: Provider
    name: str
    table: ModelTable
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
            self._picked[job] = pick(await self.models(), job)
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

"""What every moderator does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes import FakeModerator
from tests.server.loopback import LoopbackServer
from tests.server.media_answers import ONE_PIXEL_PNG
from tests.server.script import ModerationScript, Script
from voiceapp.core.moderation import CATEGORIES
from voiceapp.core.settings import Provider, ProviderKind
from voiceapp.openai_api.moderation import HttpModerator
from voiceapp.openai_api.wire import Wire
from voiceapp.ports import Moderator
from voiceapp.resources import model_table


@pytest.fixture(params=["fake", "http"])
async def moderator(request: pytest.FixtureRequest, openai_server: LoopbackServer) -> AsyncIterator[Moderator]:
    """Finds violence where there is an axe, and something sexual in every picture."""
    if request.param == "fake":
        yield FakeModerator({"axe": {"violence": 0.9}}, image={"sexual": 0.9})
        return
    openai_server.script = Script(moderation=ModerationScript(words={"axe": ("violence",)}, image=("sexual",)))
    provider = Provider("openai", ProviderKind.OPENAI, openai_server.base_url)
    made = HttpModerator(Wire(provider, lambda: "sk-test-contract-key", model_table()))
    yield made
    await made.close()


async def test_one_verdict_per_text_in_order(moderator: Moderator) -> None:
    texts = [*(f"Line {n}." for n in range(40)), "the axe", " ", "The end."]
    verdicts = await moderator.check_texts(texts)
    assert [number for number, verdict in enumerate(verdicts) if verdict.is_flagged] == [40]
    assert len(verdicts) == len(texts)
    assert verdicts[41].scores == ()  # nothing to judge, nothing judged
    assert {score.category for score in verdicts[0].scores} == set(CATEGORIES)
    assert all(score.value is not None and 0 <= score.value <= 1 for score in verdicts[40].scores)
    assert await moderator.check_texts([]) == ()


async def test_a_picture_has_one_verdict(moderator: Moderator) -> None:
    verdict = await moderator.check_image(ONE_PIXEL_PNG, "image/png")
    assert [score.category for score in verdict.scores if score.is_flagged] == ["sexual"]


async def test_warming_never_raises_and_a_name_is_shown(moderator: Moderator) -> None:
    await moderator.warm()
    assert moderator.label

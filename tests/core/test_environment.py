from __future__ import annotations

from dataclasses import replace

import pytest

from voiceapp.core.environment import effective, key_from, without_adjustments, without_environment
from voiceapp.core.settings import OPENAI, Choice, Job, Settings, validated
from voiceapp.core.tool_settings import Permission

DEFAULTS = validated(Settings())
FULL = {
    "OPENAI_API_KEY": "sk-x",
    "OPENAI_BASE_URL": "https://proxy.example/v1",
    "OPENAI_ORG_ID": "org-1",
    "OPENAI_PROJECT_ID": "proj-1",
}


def test_a_key_in_the_environment_makes_openai_do_the_turn() -> None:
    settings = effective(DEFAULTS, FULL)
    assert {settings.choice(job).provider for job in (Job.CHAT, Job.TRANSCRIPTION, Job.SPEECH)} == {"openai"}
    provider = settings.provider("openai")
    assert (provider.base_url, provider.organization, provider.project) == (
        "https://proxy.example/v1",
        "org-1",
        "proj-1",
    )


def test_without_a_key_the_engines_stay_local() -> None:
    settings = effective(DEFAULTS, {"OPENAI_BASE_URL": "https://proxy.example/v1"})
    assert settings.choice(Job.CHAT).provider == "local"
    assert settings.provider("openai").base_url == "https://proxy.example/v1"


def test_the_other_spelling_of_organisation_and_project() -> None:
    provider = effective(DEFAULTS, {"OPENAI_ORGANIZATION": "o", "OPENAI_PROJECT": "p"}).provider("openai")
    assert (provider.organization, provider.project) == ("o", "p")


def test_an_empty_environment_changes_nothing() -> None:
    assert effective(DEFAULTS, {"OPENAI_API_KEY": " "}) == DEFAULTS


def test_a_choice_once_made_counts_more() -> None:
    chosen = replace(DEFAULTS, jobs={Job.SPEECH.value: Choice("local")})
    settings = effective(chosen, FULL)
    assert settings.jobs == chosen.jobs
    assert settings.provider("openai").base_url == "https://proxy.example/v1"


def test_what_was_configured_is_not_mixed_with_the_environment() -> None:
    own = replace(OPENAI, base_url="https://mine.example/v1")
    configured = validated(replace(DEFAULTS, providers=(own,)))
    assert effective(configured, FULL) == configured
    assert effective(DEFAULTS, FULL, has_stored_key=True) == DEFAULTS


def test_the_key_belongs_to_openai_alone() -> None:
    assert key_from(FULL, "openai") == "sk-x"
    assert key_from(FULL, "local") == key_from({}, "openai") == ""


@pytest.mark.parametrize("environ", [{}, FULL])
def test_saving_leaves_out_what_only_the_environment_said(environ: dict[str, str]) -> None:
    in_force = effective(DEFAULTS, environ)
    changed = replace(in_force, voice="nova")
    assert without_environment(changed, DEFAULTS, environ) == replace(DEFAULTS, voice="nova")


def test_saving_keeps_what_the_person_changed_against_the_environment() -> None:
    in_force = effective(DEFAULTS, FULL)
    local_speech = replace(in_force, jobs={**in_force.jobs, Job.SPEECH.value: Choice("local")})
    saved = without_environment(local_speech, DEFAULTS, FULL)
    assert saved.jobs == local_speech.jobs
    assert saved.provider("openai") == OPENAI


def test_what_was_meant_for_one_run_is_not_written() -> None:
    before = replace(DEFAULTS, tool_permissions={"copy": Permission.ASK, "open_link": Permission.NEVER})
    once = replace(
        before.with_provider("openai"),
        is_reply_aloud=False,
        tool_permissions={"copy": Permission.ALWAYS, "set_timer": Permission.NEVER},
    )
    assert without_adjustments(once, before, once) == before
    allowed = replace(once, tool_permissions={**once.tool_permissions, "draw": Permission.ALWAYS})
    kept = without_adjustments(allowed, before, once)
    assert kept == replace(before, tool_permissions={**before.tool_permissions, "draw": Permission.ALWAYS})


def test_what_the_person_changed_in_that_run_is_written() -> None:
    once = replace(DEFAULTS, is_reply_aloud=False, tool_permissions={"copy": Permission.ALWAYS})
    changed = replace(once, is_reply_aloud=True, theme="dark", tool_permissions={"copy": Permission.NEVER})
    assert without_adjustments(changed, DEFAULTS, once) == changed

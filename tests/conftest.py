"""What every test may use. Fixtures live beside what they bring; here they are only announced."""

from __future__ import annotations

import gc
import os

import pytest

from tests import display

pytest_plugins = ["tests.server.fixtures", "tests.soundcard"]

SCREEN = pytest.StashKey[display.Screen]()


def pytest_configure(config: pytest.Config) -> None:
    """Give Qt a real screen before anything imports it; ``VOICEAPP_TEST_OFFSCREEN=1`` does without."""
    if os.environ.get("VOICEAPP_TEST_OFFSCREEN") or display.why_no_screen():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    else:
        config.stash[SCREEN] = display.start()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Collect cyclic garbage on this thread only, as the program does: see ``voiceapp.gui.garbage``."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Between two tests: the oldest generation that is due."""
    for generation, (count, due) in enumerate(zip(gc.get_count()[1:], gc.get_threshold()[1:], strict=True), 1):
        if count > due:
            gc.collect(generation)
    gc.collect(0)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the screen."""
    if SCREEN in config.stash:
        config.stash[SCREEN].stop()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests of real windows need the screen."""
    if item.get_closest_marker("window") and SCREEN not in item.config.stash:
        pytest.skip(display.why_no_screen() or "VOICEAPP_TEST_OFFSCREEN is set")

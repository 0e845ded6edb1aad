"""The first turn with a service, begun as soon as the window takes a press: its package is being imported meanwhile.

``python -m tests.bench.gui_first_turn FOLDER`` prints the longest callbacks as a line of JSON, as ``gui_scenes`` does.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

from tests.bench.gui_scenes import report, run_program
from tests.bench.hands import Hands, window
from tests.bench.pipeline import opener
from tests.bench.service import Service
from tests.bench.stage import spoken_question
from tests.soundcard import SoundCard, running_card
from voiceapp.core.audio import Clip
from voiceapp.core.turn import Phase

WITHIN_S = 30.0


def play(hands: Hands, card: SoundCard, question: Clip) -> None:
    """Hold the key while the question is spoken, and wait for the end of the answer."""
    hands.settle(lambda: window().bar.button.isEnabled())
    hands.app.forget()
    hands.do(lambda: window().gesture.press(), "press")
    _until(hands, Phase.LISTENING)
    card.play_into_microphone(question)
    hands.do(lambda: window().gesture.release(), "release")
    _until(hands, Phase.SPEAKING)
    _until(hands, Phase.IDLE)
    report("the first turn with a service, its package being imported", hands.app)


def _until(hands: Hands, phase: Phase) -> None:
    deadline = time.monotonic() + WITHIN_S
    while hands.do(lambda: window().strip.strip.phase) is not phase:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the turn did not reach {phase}")
        time.sleep(0.02)


def main() -> None:
    """Play it in one window."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help=argparse.SUPPRESS)
    folder: Path = parser.parse_args().folder
    question = asyncio.run(spoken_question())
    with running_card() as card, Service(4.0) as service:
        opened = opener(service.base_url, folder, "responses")
        run_program(opened, folder, lambda hands: play(hands, card, question))


if __name__ == "__main__":
    main()

"""The terminal twin: the same session with files or devices as sound.

A composition root: may import everything except gui. One module per command, imported when its command was asked
for, so that ``--help`` and wrong usage answer at once: numpy alone takes a fifth of a second.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence

from voiceapp.cli.arguments import COMMANDS, parse


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code: 0 done, 1 failed, 2 wrong usage, 3 too much."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if not any(word in COMMANDS for word in words) and not {"-h", "--help", "--version"}.intersection(words):
            return _window(words)
        arguments = parse(words)
        command = importlib.import_module(f"voiceapp.cli.{arguments.command}")
        code: int = command.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # while printing help: the reader went away: nobody is left to be told
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 1
    return code


def _window(words: list[str]) -> int:
    if words and not words[0].startswith("-"):
        parse(words)  # a misspelt command: says so and leaves
    gc.disable()  # until the window is usable: collecting among what is only being imported costs 25 ms
    from voiceapp.app import main as window

    return window(words)

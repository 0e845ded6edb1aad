"""A key that a command prints, such as a sign-in token of Azure: asked for again before it ends."""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
import threading
import time
from collections.abc import Callable
from gettext import gettext as _
from pathlib import Path

from voiceapp.core.errors import NoKey
from voiceapp.core.tokens import Token, token_from

log = logging.getLogger("voiceapp.store")

PATIENCE_S = 60.0
"""Signing in over a slow network takes a while; a command that asks a person never ends."""


class CommandKey:
    """Any thread. What the command prints is never logged, nor what it complains about.

    Args:
        provider: as shown.
        command: a command line; no shell is involved.
        on_key: gets every key, so that it can be struck out of the log.
        now: Unix time.
    """

    def __init__(
        self,
        provider: str,
        command: str,
        on_key: Callable[[str], None] = lambda _key: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._provider, self._command = provider, command
        self._on_key, self._now = on_key, now
        self._token: Token | None = None
        self._lock = threading.Lock()

    @property
    def is_due(self) -> bool:
        """Whether the next :meth:`get` asks the command."""
        return self._token is None or self._token.is_due(self._now())

    def last(self) -> str:
        """Return the newest key at once, perhaps one that has ended; "" before the first."""
        token = self._token
        return token.value if token is not None else ""

    def get(self) -> str:
        """Return a key that is good for a while yet. Blocking. Raises NoKey where the command gives none."""
        with self._lock:
            if not self.is_due:
                return self.last()
            try:
                self._token = self._asked()
            except NoKey:
                if self._token is None or self._token.has_ended(self._now()):
                    raise
                log.info("a key could not be renewed; the old one is good for a while yet")
            return self.last()

    def forget(self, key: str) -> None:
        """The service refuses *key*: ask again the next time."""
        with self._lock:
            if self._token is not None and self._token.value == key:
                self._token = Token(key, ends_at_s=0.0)

    def _asked(self) -> Token:
        program = ""
        try:
            words = shlex.split(self._command, posix=os.name != "nt")
            program = Path(words[0]).name
            done = subprocess.run(
                words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S, check=False
            )
        except (OSError, ValueError, IndexError):
            raise self._failed(program, _("it could not be started")) from None
        except subprocess.TimeoutExpired:
            raise self._failed(program, _("it did not end within {s:.0f} s").format(s=PATIENCE_S)) from None
        if done.returncode != 0:
            raise self._failed(program, _("it ended with code {code}").format(code=done.returncode))
        token = token_from(done.stdout, self._now())
        if token is None or token.has_ended(self._now()):
            raise self._failed(program, _("it printed no key that is good"))
        self._on_key(token.value)
        return token

    def _failed(self, program: str, why: str) -> NoKey:
        return NoKey(
            _("The command “{program}” gives no key for {provider}: {why}.").format(
                program=program, provider=self._provider, why=why
            ),
            hint=_("Try it in a terminal; perhaps you have to sign in again."),
            provider=self._provider,
        )

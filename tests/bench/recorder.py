"""Records what the loudspeaker plays, with the moment of every sample.

A process of its own (``python -m tests.bench.recorder SOURCE FOLDER``) reads ``parec`` and notes for every block when
it came, so that nothing in the measured program delays the clock. The sink renders blocks of 5 ms on the same
monotonic clock that Python reads, hence sample n belongs to the line ``start + n / 48000``; a block may come late
but hardly early, so the line lies under the arrivals. Sample times count from the first sample of a block: no sound is
dated before the sink took it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

RATE_HZ = 48_000
BLOCK_MS = 5
"""What the virtual sound card ticks at anyway: recording must not make it quicker than it is."""
EARLY_PERCENT = 5
"""A block that is read in two pieces seems to begin too early: the line rests on the earliest but a few."""
SILENT = 0.012
"""Peak below which a sample counts as silence; the scripted tones peak at 0.24."""


@dataclass(frozen=True)
class Recording:
    """Mono samples in [-1, 1] with the line on which their moments lie (time.monotonic())."""

    samples: npt.NDArray[np.float32]
    start_s: float
    jitter_ms: float
    """95th percentile of how far blocks came after the line."""

    def time_of(self, index: int) -> float:
        """Return when sample *index* reached the sink."""
        return self.start_s + index / RATE_HZ

    def index_at(self, at_s: float) -> int:
        """Return the sample that reached the sink at *at_s*."""
        return int(min(max(0, round((at_s - self.start_s) * RATE_HZ)), len(self.samples)))

    def first_sound(self, from_s: float, until_s: float) -> float | None:
        """Return when the first audible sample between the two moments came."""
        loud = self._loud(from_s, until_s)
        return self.time_of(int(loud[0])) if len(loud) else None

    def last_sound(self, from_s: float, until_s: float) -> float | None:
        """Return when the last audible sample between the two moments came."""
        loud = self._loud(from_s, until_s)
        return self.time_of(int(loud[-1])) if len(loud) else None

    def silences(self, from_s: float, until_s: float, at_least_ms: float = 1.0) -> list[tuple[float, float]]:
        """Return for each silence between the first and the last sound when it began and how many ms it lasted."""
        loud = self._loud(from_s, until_s)
        steps_ms = np.diff(loud) * 1000 / RATE_HZ
        return [(self.time_of(int(loud[at])), float(steps_ms[at])) for at in np.flatnonzero(steps_ms >= at_least_ms)]

    def _loud(self, from_s: float, until_s: float) -> npt.NDArray[np.intp]:
        first = self.index_at(from_s)
        return np.flatnonzero(np.abs(self.samples[first : self.index_at(until_s)]) > SILENT) + first


class Recorder:
    """Records the monitor *source* while the context is entered; :meth:`stop` gives the recording."""

    def __init__(self, source: str, folder: Path) -> None:
        self._folder = folder
        command = [sys.executable, "-m", "tests.bench.recorder", source, str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Recorder:
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise RuntimeError("the loudspeaker's monitor cannot be recorded")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._end()

    def stop(self) -> Recording:
        """End and read the recording."""
        self._end()
        samples = np.fromfile(self._folder / "samples.s16", np.int16).astype(np.float32) / np.float32(32768)
        arrivals = np.fromfile(self._folder / "arrivals.f64", np.float64).reshape(-1, 2)
        return Recording(samples, *line_under(arrivals))

    def _end(self) -> None:
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        if self._process.stdout:
            self._process.stdout.close()
        self._process.wait(10)


def line_under(arrivals: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Fit the sample clock to rows of (arrival, index of the block's first sample).

    Returns:
        The moment of sample 0 and the 95th percentile of lateness in ms. The first tenth of a second does not count:
        what had piled up before the first read comes at once.
    """
    settled = arrivals[arrivals[:, 1] >= RATE_HZ / 10]
    starts = settled[:, 0] - settled[:, 1] / RATE_HZ
    line, late = np.percentile(starts, (EARLY_PERCENT, 95))
    return float(line), float(late - line) * 1000


def record(source: str, folder: Path) -> None:
    """Record until standard input ends (the recorder process)."""
    command = ["parec", f"--device={source}", f"--latency-msec={BLOCK_MS}", f"--rate={RATE_HZ}"]
    command += ["--channels=1", "--format=s16le", "--raw"]
    frames = 0
    os.set_blocking(sys.stdin.fileno(), False)
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as parec,
        (folder / "samples.s16").open("wb") as samples,
        (folder / "arrivals.f64").open("wb") as arrivals,
    ):
        assert parec.stdout is not None
        while block := parec.stdout.read(65_536):
            np.array([time.monotonic(), frames], np.float64).tofile(arrivals)
            samples.write(block)
            if frames == 0:
                print("recording", flush=True)
            frames += len(block) // 2
            if _is_closed(sys.stdin.fileno()):
                break
        parec.terminate()


def _is_closed(descriptor: int) -> bool:
    try:
        return os.read(descriptor, 1) == b""
    except BlockingIOError:
        return False


if __name__ == "__main__":
    record(sys.argv[1], Path(sys.argv[2]))

"""Measurements: ``python -m tests.bench NAME [--json FILE]``. Reported, never asserted: machines differ."""

"""Everything that must be true of voiceapp. ``python -m tests.check`` runs it all."""

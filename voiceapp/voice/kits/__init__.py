"""Kits: objects whose methods are tools (see ``core.tools``). ``wiring`` chooses which of them a session gets."""

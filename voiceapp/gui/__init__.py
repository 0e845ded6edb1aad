"""What a person sees. Sole owner of PySide6 (with app).

May import: core. Talks to the session by frozen commands and events through one bridge; never waits.
"""

"""Values and decisions.

Whatever computes an answer from its arguments lives here. Core knows no clock, file, thread, logger,
socket or Qt; time arrives as arguments and is counted in frames or milliseconds, so tests need no waiting.

May import: the standard library's pure parts, numpy, and pure-computation libraries named in
``tests/test_rooms.py`` (the Markdown parser). Everybody may import core.

A newcomer may ask why sentences for people are built here, in the errors: because whoever raises an error
knows best what happened and what helps. They are translatable by gettext; the adapters only fill in names.
"""

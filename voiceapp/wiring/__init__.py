"""Composition: which adapters make a session, for the window and the terminal alike.

May import everything but gui. What is slow to import (the openai package, the local engines) is imported by the
functions here, in worker threads, not at the top.
"""

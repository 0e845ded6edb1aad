"""The terminal twin: the same session with files or devices as sound.

A composition root: may import everything except gui.
"""

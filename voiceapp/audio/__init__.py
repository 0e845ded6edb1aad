"""The realtime edge: microphone, loudspeaker, resampling, sound files. Sole owner of sounddevice, soundfile, soxr.

May import: core, ports. Callbacks copy and count, nothing else; see ``ring``.
"""

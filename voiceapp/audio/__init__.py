"""The realtime edge: microphone, loudspeaker, resampling, sound files. Sole owner of sounddevice, soundfile, soxr.

May import: core, ports. Callbacks copy and count, nothing else; see ``ring``.

Where to begin: ``device.SoundDevices`` opens a ``microphone`` or a ``loudspeaker`` by the names that ``directory``
found; ``takefile`` keeps recordings through a crash; ``file_devices`` puts files in the place of hardware. A newcomer
may ask why the output is a stream that stands still between turns: see ``loudspeaker``.
"""

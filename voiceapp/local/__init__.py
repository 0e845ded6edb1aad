"""Engines that need no key, no network and no download. Sole owner of pocketsphinx, espeak-ng, Silero.

May import: core, ports, own_process.
"""

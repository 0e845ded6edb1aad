"""Servers of tools by the Model Context Protocol. The sole owner of the package ``mcp``, which is an extra.

Importing that package takes 0.4 s, 1.2 s the first time, so it happens in a worker thread when the first
server is connected.
"""

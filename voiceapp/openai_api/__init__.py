"""OpenAI's HTTP protocol, for OpenAI itself, Azure and every server that speaks it. Sole owner of openai, httpx2.

May import: core, ports.
"""

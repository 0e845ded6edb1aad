"""OpenAI's protocol, for OpenAI itself, Azure and every server that speaks it.

Sole owner of openai, httpx2 and websockets. May import: core, ports. Importing the SDK costs 0.85 s, so this room is
imported late, in a worker thread.

From the inside out: what is said on the wire, without a socket (``*_protocol``, ``sse``, ``sound_stream``, ``facts``,
``adapt``); the ``Wire``, one per provider, which sends, mends, repeats and maps every error (``errors``,
``sentences``); the adapters, which keep the ports and only translate. Speech has three ways to a model
(``text_to_speech``, ``realtime_text_to_speech``, ``chat_text_to_speech``) behind one voice, ``provider_speech``.

A newcomer may ask why the SDK's typed methods are not used: they cost 5 ms a call for checking what we wrote ourselves
and 3 ms for 50 streamed tokens, and their decoders give up on much of what compatible servers send. Its client still
brings authentication, Azure's addresses, the connection pool and the error types.
"""

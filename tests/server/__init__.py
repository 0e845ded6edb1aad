"""A real HTTP server on the loopback that speaks OpenAI's API, scripted to the millisecond."""

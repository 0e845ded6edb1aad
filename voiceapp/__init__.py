"""A desktop voice assistant: hold a key, speak, hear the answer."""

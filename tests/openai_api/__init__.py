"""The HTTP adapters against a real server on the loopback, and their pure parts."""

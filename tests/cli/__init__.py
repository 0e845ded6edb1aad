"""The terminal as a real process."""

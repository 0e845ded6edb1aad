"""The session on scripted engines and a clock that jumps."""

"""The whole program, as a person meets it: real processes, a real screen, a sound card."""

"""The composition: which engine does what, and what they share."""

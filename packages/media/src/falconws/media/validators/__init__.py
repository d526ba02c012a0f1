"""Checks of what was deserialized, and of what is to be serialized."""

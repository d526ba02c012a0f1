"""Decorators of responders that check what they receive and what they send."""

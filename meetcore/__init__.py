"""Meetcore: who said what, while it is being said, on your own machine."""

__version__ = "0.2.0"

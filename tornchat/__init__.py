"""A live message hub over plain HTTP."""

__version__ = "0.1.0"

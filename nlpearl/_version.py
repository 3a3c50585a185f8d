"""The version, on its own so that asking for it costs nothing (importlib.metadata: 31 ms)."""

__version__ = "0.1.0"

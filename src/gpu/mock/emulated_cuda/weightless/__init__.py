"""The weightless device: the emulated one with no bytes behind its storages and no arithmetic.

Loaded by `install` where ZEROGPU_WEIGHTLESS is set, and nowhere else. See docs/weightless.md.
"""

from .setup import WeightlessParts, finish, make_parts

__all__ = ["WeightlessParts", "finish", "make_parts"]

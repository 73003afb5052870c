"""What Pillow and its codecs raise on hostile files."""

from __future__ import annotations

import struct
import zlib

from PIL import Image

FAULTS = (
    OSError, SyntaxError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, AssertionError,
    EOFError, RuntimeError, struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip
"""OSError has UnidentifiedImageError, LookupError has IndexError and KeyError, ArithmeticError has ZeroDivisionError and
OverflowError, RuntimeError has RecursionError."""

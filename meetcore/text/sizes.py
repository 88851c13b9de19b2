"""Sizes of files and downloads as text."""

from __future__ import annotations


def size_text(size: float) -> str:
    """A number of bytes with its decimal unit, to three digits.

    >>> size_text(5_905_440), size_text(734_003_200), size_text(21_474_836_480), size_text(740)
    ('5.91 MB', '734 MB', '21.5 GB', '740 bytes')
    >>> size_text(999_700), size_text(2_500e9)
    ('1 MB', '2500 GB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        # From 999.5 on, three digits of the smaller unit would round up to this one.
        if size >= 0.9995 * unit:
            value = size / unit
            return f"{value:.0f} {name}" if value >= 100 else f"{value:.3g} {name}"
    return f"{size:.0f} bytes"

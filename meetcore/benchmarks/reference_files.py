"""Matches reference files to audio files by name, for the live and offline benches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from meetcore.errors import FormatError


def references_for(files: Sequence[Path], references: Sequence[Path]) -> list[list[Path]]:
    """The references of each file: those with its stem; a single file has all of them.

    Raises
    ------
    FormatError
        A reference has no audio file of its name, or a file has no reference.
    """
    if len(files) == 1:
        return [list(references)]
    found = [[path for path in references if path.stem == file.stem] for file in files]
    known = {path for paths in found for path in paths}
    for file, paths in zip(files, found, strict=True):
        if not paths:
            raise FormatError(f"No reference is called {file.stem}.txt, .stm or .rttm.")
    for path in references:
        if path not in known:
            raise FormatError(f"The reference {path.name} has no audio file of the same name.")
    return found

"""Makes the data folder ready, or says why it cannot be used."""

from __future__ import annotations

import tempfile
from pathlib import Path

from meetcore.errors import SettingsError
from meetcore.private_files import make_data_folder


def open_data_folder(folder: Path) -> None:
    """Make the folder, and what is in it, private; see that a file can be made there.

    Raises
    ------
    SettingsError
        The folder cannot be made or written; the message says why and what to do.
    """
    try:
        make_data_folder(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SettingsError(
            f"The data folder {folder} cannot be written ({error.strerror}). Check its access"
            " rights, or set MEETCORE_DATA_DIR to another folder."
        ) from error

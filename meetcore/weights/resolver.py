"""Finds a weight by name: a given path, else the cache, else its sources, in order."""

from __future__ import annotations

import enum
import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from meetcore.errors import WeightUnavailableError
from meetcore.installation import command
from meetcore.weights.cache import WeightCache, known_sha256, sha256_of
from meetcore.weights.catalogue import Catalogue, Weight, load_catalogue
from meetcore.weights.fetcher import WeightFetcher
from meetcore.weights.http import HttpFetcher
from meetcore.weights.progress import ProgressCallback, SourceFailedError

logger = logging.getLogger(__name__)

_FETCHES_AT_ONCE = 4


class CacheState(enum.StrEnum):
    """Whether the cache has a weight."""

    VERIFIED = "verified"
    MISSING = "missing"
    CORRUPT = "corrupt"


class WeightResolver:
    """Finds weights and fetches missing ones; safe from several threads and processes.

    Parameters
    ----------
    cache_dir : Path
        Meetcore's cache folder; weights live in its `weights` folder.
    offline : bool
        Never fetch: use given paths and the cache only.
    catalogue : Catalogue, optional
        Other weights than those that come with Meetcore.
    connect_timeout_s : float
        How long a publisher may take to answer before the next source is tried.
    """

    def __init__(
        self,
        cache_dir: Path,
        offline: bool = False,
        *,
        catalogue: Catalogue | None = None,
        connect_timeout_s: float = 4.0,
    ) -> None:
        self.catalogue = catalogue or load_catalogue()
        self.cache_dir = cache_dir
        self._offline = offline
        self._cache = WeightCache(cache_dir / "weights")
        self._fetcher = WeightFetcher(self._cache, self.catalogue, HttpFetcher(connect_timeout_s))

    def resolve(self, name: str, progress: ProgressCallback | None = None) -> Path:
        """The verified file (or folder) of a weight, fetched if missing; a given path as it is.

        Parameters
        ----------
        name : a weight of the catalogue, or a path
        progress : called during a download, see `ProgressCallback`

        Raises
        ------
        WeightUnavailableError
            No source has it; the message lists each source, why it failed, and what to do.
        """
        if name not in self.catalogue.weights:
            return self._given_path(name)
        weight = self.catalogue.weights[name]
        return self._cache.verified(weight) or self._obtain(weight, progress, convert=True)

    def cached(self, name: str) -> Path | None:
        """The verified weight if it is in the cache; fetches nothing."""
        weight = self.catalogue.weights.get(name)
        return self._cache.verified(weight) if weight else None

    def published(self, path: Path) -> Weight | None:
        """The single-file weight of the catalogue that a file is, by its sha256; else None.

        Hashed only where its size may be that of a weight. None too where it cannot be read.
        """
        try:
            size = path.stat().st_size if path.is_file() else 0
            alike = [each for each in self.catalogue.weights.values() if _may_be(each, size)]
            digest = known_sha256(path) if alike else ""
        except OSError:
            return None
        return next((each for each in alike if each.files[0].sha256 == digest), None)

    def add(self, path: Path) -> Weight:
        """Copy a file of the catalogue, or what is converted to one, into the cache; its weight.

        Raises
        ------
        WeightUnavailableError
            It cannot be read, its sha256 is none of the catalogue's, or the cache refuses it.
        """
        try:
            digest = sha256_of(path)
            for weight in self.catalogue.weights.values():
                if self._fetcher.take(weight, path, digest):
                    return weight
        except OSError as error:
            raise WeightUnavailableError(f"{path.name} could not be added ({error}).") from error
        except SourceFailedError as error:
            raise WeightUnavailableError(f"{path.name} could not be added: {error}.") from error
        raise WeightUnavailableError(
            f"{path.name} is none of the catalogue's files (its sha256 begins {digest[:12]}): it is"
            " another model or incomplete. Fetch it again; a model of your own needs no adding,"
            " give its path as MEETCORE_RECOGNIZER."
        )

    def verify(self, name: str) -> CacheState:
        """Hash a cached weight again; raises WeightUnavailableError for an unknown name."""
        weight = self._known(name)
        if self._cache.verified(weight, rehash=True):
            return CacheState.VERIFIED
        return CacheState.CORRUPT if self._cache.present(weight) else CacheState.MISSING

    def converted_from(self, name: str) -> str:
        """The sha256 of the file a weight was converted from here; empty without conversion."""
        return self._cache.converted_from(self._known(name))

    def pull(
        self,
        names: Iterable[str] = (),
        progress: ProgressCallback | None = None,
        *,
        convert: bool = True,
    ) -> Mapping[str, WeightUnavailableError | None]:
        """Fetch several weights in parallel, by default the default set.

        Without `convert`, conversions, which need torch, are left to a later call.

        Returns
        -------
        mapping of name to WeightUnavailableError, or to None for success
        """
        weights = [self._known(name) for name in names or self.catalogue.default_names]

        def fetch(weight: Weight) -> WeightUnavailableError | None:
            try:
                if not self._cache.verified(weight):
                    self._obtain(weight, progress, convert)
            except WeightUnavailableError as error:
                return error
            return None

        with ThreadPoolExecutor(_FETCHES_AT_ONCE) as pool:
            outcomes = pool.map(fetch, weights)
            return dict(zip((weight.name for weight in weights), outcomes, strict=True))

    def _known(self, name: str) -> Weight:
        if name not in self.catalogue.weights:
            raise WeightUnavailableError(
                f"No weight is called '{name}'. Known: {', '.join(self.catalogue.weights)}."
            )
        return self.catalogue.weights[name]

    def _given_path(self, text: str) -> Path:
        path = Path(text).expanduser()
        if path.exists():
            return path
        raise WeightUnavailableError(
            f"'{text}' is neither a file nor a known weight"
            f" (known: {', '.join(self.catalogue.weights)}). Correct the path or the name."
        )

    def _obtain(self, weight: Weight, progress: ProgressCallback | None, convert: bool) -> Path:
        if self._offline:
            raise WeightUnavailableError(
                f"The weight '{weight.name}' is not in the cache, and offline is switched on."
                f" Switch MEETCORE_OFFLINE off and run"
                f" `{command(f'weights pull {weight.name}')}`, or give the path of a file."
            )
        failures: list[str] = []
        with self._cache.lock(weight.name):
            if self._cache.verified(weight) or self._convert_fetched(weight, convert, failures):
                return self._cache.path_of(weight)
            for source in weight.sources:
                try:
                    self._fetcher.fetch(weight, source, progress)
                except SourceFailedError as error:
                    logger.info("%s: %s: %s", weight.name, source.label, error)
                    failures.append(f"{source.label}: {error}")
                    continue
                logger.info("%s: fetched from %s", weight.name, source.label)
                if source.raw is None or self._convert_fetched(weight, convert, failures):
                    return self._cache.path_of(weight)
        raise _unavailable(weight, failures)

    def _convert_fetched(self, weight: Weight, convert: bool, failures: list[str]) -> bool:
        """Convert a raw file fetched before; True if the weight is ready, or `convert` is off."""
        fetched = self._fetcher.unconverted(weight)
        if fetched is None:
            return False
        if not convert:
            return True
        try:
            self._fetcher.convert(weight, *fetched)
        except (SourceFailedError, OSError) as error:
            failures.append(f"{fetched[1].name}: {error}")
            return False
        return True


def _may_be(weight: Weight, size: int) -> bool:
    """Whether one file of so many bytes may be the weight, whose exact size may be unknown."""
    expected = weight.expected_size
    near = not weight.size and 0.8 * expected < size < 1.4 * expected
    return len(weight.files) == 1 and size > 0 and (size == weight.size or near)


def _unavailable(weight: Weight, failures: list[str]) -> WeightUnavailableError:
    tried = "\n".join(f"  {number}. {text}" for number, text in enumerate(failures, 1))
    return WeightUnavailableError(
        f"The weight '{weight.name}' ({weight.summary}) could not be fetched. Tried:\n{tried}\n"
        f"Fix one of these, then run `{command(f'weights pull {weight.name}')}`; or bring the file"
        f" {weight.files[0].name} from another machine and run `{command('weights add FILE')}`."
    )

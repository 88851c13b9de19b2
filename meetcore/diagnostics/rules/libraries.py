"""Rules about libraries and Python: missing, broken, or of another version than tested."""

from __future__ import annotations

from collections.abc import Collection

from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.facts.installed import (
    LIBRARIES,
    TESTED_PYTHON,
    KnownLibrary,
    release,
    same_release,
)
from meetcore.diagnostics.findings import Area, Verdict
from meetcore.diagnostics.rules.rule import Outcome, Rule, amber, fine, red
from meetcore.diagnostics.rules.version_conflicts import CUDA_LIBRARY, torchaudio_build
from meetcore.installation import IS_CLONE, REINSTALL


def _missing(facts: Facts) -> Outcome | None:
    missing = [each for each in LIBRARIES if not each.instead and facts.version(each.name) is None]
    if not missing:
        return fine("Every library Meetcore needs is installed.")
    losses = dict.fromkeys(each.without for each in missing)
    listed = "; ".join(
        f"{', '.join(each.name for each in missing if each.without == loss)} ({loss})"
        for loss in losses
    )
    return _lost(f"Not installed: {listed}.", losses, facts)


def _missing_but_replaced(facts: Facts) -> Outcome | None:
    replaceable = (each for each in LIBRARIES if each.instead and not each.is_unused)
    missing = [each for each in replaceable if facts.version(each.name) is None]
    if not missing:
        return None
    return amber(" ".join(f"{each.name} is not installed: {each.instead}." for each in missing))


def _broken(facts: Facts) -> Outcome | None:
    if not facts.trials:
        return None
    failed = _failed_imports(facts)
    if not failed:
        return fine(f"{len(facts.trials)} libraries were imported in a separate process.")
    listed = "; ".join(f"{library.name}: {error}" for library, error in failed)
    if all(library.instead for library, _ in failed):
        return amber(f"{listed}. {failed[0][0].instead}.")
    losses = {library.without for library, _ in failed if not library.instead}
    return _lost(f"{listed}.", losses, facts)


def _failed_imports(facts: Facts) -> list[tuple[KnownLibrary, str]]:
    """Installed libraries whose import failed, with the error.

    A torchaudio of another build has a rule of its own, and is left out.
    """
    known = {each.module: each for each in LIBRARIES if each.module and not each.is_unused}
    build = torchaudio_build(facts)
    wrong_build = build is not None and build.verdict is Verdict.RED
    return [
        (known[trial.module], trial.error)
        for trial in facts.trials.values()
        if trial.error
        and trial.module in known
        and not (wrong_build and CUDA_LIBRARY in trial.error)
        and facts.version(known[trial.module].name) is not None
    ]


def _lost(found: str, losses: Collection[str], facts: Facts) -> Outcome:
    """Red; amber where only speakers are lost, and they are switched off."""
    only_speakers = set(losses) <= {"speakers"}
    if only_speakers and not facts.wants_speakers:
        return amber(f"{found} Speakers are switched off.")
    return red(found, "speakers" if only_speakers else "words")


def _untested(facts: Facts) -> Outcome | None:
    names = [each.name for each in LIBRARIES]
    versions = [(name, facts.version(name), facts.tested_version(name)) for name in names]
    other = [
        f"{name} {version} (tested with {tested})"
        for name, version, tested in versions
        if version and tested and not same_release(version, tested)
    ]
    if other:
        return amber(", ".join(other) + ".")
    known = facts.tested and any(version for _, version, _ in versions)
    return fine("All versions are those that were tested together.") if known else None


def _python(facts: Facts) -> Outcome | None:
    if not facts.python:
        return None
    if release(facts.python)[:2] < release(TESTED_PYTHON):
        return red(f"Python {facts.python}; {TESTED_PYTHON} is the oldest that works.", "words")
    if release(facts.python)[:2] != release(TESTED_PYTHON):
        return amber(f"Python {facts.python}; tested with {TESTED_PYTHON}.")
    return fine(f"Python {facts.python}.")


LIBRARY_RULES = (
    Rule(
        id="missing-library",
        area=Area.VERSIONS,
        title="A library is missing",
        symptom="ModuleNotFoundError: No module named …",
        cause="Meetcore needs this library; without it, what is named in brackets does not work.",
        command=REINSTALL,
        source="https://packaging.python.org/en/latest/tutorials/installing-packages/",
        check=_missing,
        title_if_fine="Libraries",
        message_patterns=(
            r"No module named",
            r"installed; run: ",
            r"which is not installed",
            r"comes with pyannote\.audio",
            r"The figures need",
        ),
        is_general=True,
    ),
    Rule(
        id="stand-in-library",
        area=Area.VERSIONS,
        title="A faster library is missing",
        symptom="Live words appear late, and second passes take long.",
        cause="Another library does the same work with the same result, but more slowly.",
        command=REINSTALL,
        source="https://github.com/OpenNMT/CTranslate2",
        check=_missing_but_replaced,
        message_patterns=(r"The engine ctranslate2 is not installed",),
    ),
    Rule(
        id="broken-library",
        area=Area.VERSIONS,
        title="A library cannot be imported",
        symptom="ImportError or OSError while a model loads.",
        cause="It is installed, but incomplete, or built for other versions of its dependencies.",
        command=REINSTALL,
        source="https://packaging.python.org/en/latest/tutorials/installing-packages/",
        check=_broken,
        title_if_fine="Imports",
        message_patterns=(
            r"cannot be imported",
            r"cannot open shared object file",
            r"undefined symbol",
            r"The plug-in .+ does not work",
            r"Silero VAD's weights in .+ cannot be read",
        ),
        is_general=True,
    ),
    Rule(
        id="untested-versions",
        area=Area.VERSIONS,
        title="Versions that were not tested together",
        symptom="None, or errors that a tested installation does not have.",
        cause="They may work, but Meetcore was not tested with this combination.",
        command=REINSTALL,
        source="https://pip.pypa.io/en/stable/user_guide/#constraints-files",
        check=_untested,
        title_if_fine="Versions",
    ),
    Rule(
        id="python-version",
        area=Area.VERSIONS,
        title="A version of Python that was not tested",
        symptom="Packages cannot be installed, or a syntax error is raised.",
        cause="Meetcore and the versions in constraints.txt were tested with Python 3.11.",
        command="make clean && make run PYTHON=python3.11" if IS_CLONE else "",
        advice="" if IS_CLONE else "Install Meetcore in an environment of Python 3.11.",
        source="https://devguide.python.org/versions/",
        check=_python,
        title_if_fine="Python",
    ),
)

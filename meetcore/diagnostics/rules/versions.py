"""Rules about libraries: which are there, and which versions do not go together."""

from __future__ import annotations

from collections.abc import Callable

from meetcore.diagnostics.facts.installed import LIBRARIES, TESTED_PYTHON, release, same_release
from meetcore.diagnostics.facts.records import Facts
from meetcore.diagnostics.findings import Area, Verdict
from meetcore.diagnostics.rules.rule import REINSTALL, Rule, Seen, amber, fine, harmless, red

Release = tuple[int, ...]
UNLINKED = "libc10_cuda"


def _missing(facts: Facts) -> Seen | None:
    gone = [each for each in LIBRARIES if not each.instead and facts.version(each.name) is None]
    if not gone:
        return fine("Every library Meetcore needs is installed.")
    costs = dict.fromkeys(each.without for each in gone)
    listed = "; ".join(
        f"{', '.join(each.name for each in gone if each.without == cost)} ({cost})"
        for cost in costs
    )
    only_speakers = set(costs) <= {"speakers"}
    if only_speakers and not facts.wants_speakers:
        return amber(f"Not installed: {listed}. Speakers are switched off.")
    return red(f"Not installed: {listed}.", "speakers" if only_speakers else "words")


def _replaced(facts: Facts) -> Seen | None:
    replaced = (each for each in LIBRARIES if each.instead and not each.unasked)
    gone = [each for each in replaced if facts.version(each.name) is None]
    if not gone:
        return None
    return amber(" ".join(f"{each.name} is not installed: {each.instead}." for each in gone))


def _untested(facts: Facts) -> Seen | None:
    names = [each.name for each in LIBRARIES]
    rows = [(name, facts.version(name), facts.tested_version(name)) for name in names]
    other = [
        f"{name} {version} (tested with {tested})"
        for name, version, tested in rows
        if version and tested and not same_release(version, tested)
    ]
    if not other:
        known = any(version for _, version, _ in rows) and facts.tested
        return fine("All versions are those that were tested together.") if known else None
    return amber(", ".join(other) + ".")


def _python(facts: Facts) -> Seen | None:
    if not facts.python:
        return None
    if release(facts.python)[:2] < release(TESTED_PYTHON):
        return red(f"Python {facts.python}; {TESTED_PYTHON} is the oldest that works.", "words")
    if release(facts.python)[:2] != release(TESTED_PYTHON):
        return amber(f"Python {facts.python}; tested with {TESTED_PYTHON}.")
    return fine(f"Python {facts.python}.")


def _generation(facts: Facts) -> Seen | None:
    version = facts.version("pyannote-audio")
    if version is None:
        return None
    if release(version) < (4,):
        return red(f"pyannote.audio {version} is installed; Meetcore speaks to 4.x.", "speakers")
    return fine(f"pyannote.audio {version}.")


def _linked(facts: Facts) -> Seen | None:
    build = facts.torch
    if build is None or facts.version("torchaudio") is None:
        return None
    if build.torchaudio_wants_cuda and not build.carries_cuda:
        return red(
            f"torch {build.version} is a CPU-only build, but torchaudio"
            f" {facts.version('torchaudio')} is linked against libc10_cuda.so.",
            "speakers",
        )
    return fine(f"torchaudio {facts.version('torchaudio')} fits torch {build.version}.")


def _clash(
    library: str, least: Release, with_library: str, below: Release, lost: str = "speakers"
) -> Callable[[Facts], Seen | None]:
    """Red where one library is at least so new and the other older than so."""

    def look(facts: Facts) -> Seen | None:
        one, other = facts.version(library), facts.version(with_library)
        if one is None or other is None:
            return None
        if release(one) >= least and release(other) < below:
            return red(f"{library} {one} with {with_library} {other}.", lost)
        return None

    return look


def _renamed_token(facts: Facts) -> Seen | None:
    seen = _clash("huggingface-hub", (1,), "pyannote-audio", (4,))(facts)
    return seen if seen is None or facts.hub_pipeline else amber(seen.found)


def _torchcodec(facts: Facts) -> Seen | None:
    if facts.version("torchcodec") is None:
        return harmless("torchcodec is not installed.")
    trial = facts.trials.get("torchcodec")
    if trial is None:
        return None
    if trial.error:
        return harmless(f"torchcodec cannot be loaded ({trial.error[:90]}…).")
    return fine("torchcodec loads; Meetcore does not need it.")


def _broken(facts: Facts) -> Seen | None:
    if not facts.trials:
        return None
    known = {each.module: each for each in LIBRARIES if each.module and not each.unasked}
    # What the rule about torchaudio's build says already, with the command that mends it.
    linked = _linked(facts)
    mislinked = linked is not None and linked.verdict is Verdict.RED
    failed = [
        (known[trial.module], trial.error)
        for trial in facts.trials.values()
        if trial.error
        and trial.module in known
        and not (mislinked and UNLINKED in trial.error)
        and facts.version(known[trial.module].name) is not None
    ]
    if not failed:
        return fine(f"{len(facts.trials)} libraries were imported in a process of their own.")
    listed = "; ".join(f"{each.name}: {error}" for each, error in failed)
    if all(each.instead for each, _ in failed):
        return amber(f"{listed}. {failed[0][0].instead}.")
    speakers = all(each.instead or each.without == "speakers" for each, _ in failed)
    if speakers and not facts.wants_speakers:
        return amber(f"{listed}. Speakers are switched off.")
    return red(f"{listed}.", "speakers" if speakers else "words")


VERSION_RULES = (
    Rule(
        "missing-library",
        Area.VERSIONS,
        "A library is missing",
        symptom="ModuleNotFoundError: No module named …",
        cause="Meetcore stands on this library; what is named in brackets is lost without it.",
        command=REINSTALL,
        source="https://packaging.python.org/en/latest/tutorials/installing-packages/",
        look=_missing,
        fine="Libraries",
        signs=(
            r"No module named",
            r"installed; run: pip",
            r"which is not installed",
            r"comes with pyannote\.audio",
            r"The figures need",
        ),
        general=True,
    ),
    Rule(
        "stand-in-library",
        Area.VERSIONS,
        "A faster library is missing",
        symptom="Words come later than they could.",
        cause="Another library does its work with the same result, but slower.",
        command=REINSTALL,
        source="https://github.com/OpenNMT/CTranslate2",
        look=_replaced,
        signs=(r"The engine ctranslate2 is not installed",),
    ),
    Rule(
        "broken-library",
        Area.VERSIONS,
        "A library cannot be imported",
        symptom="ImportError or OSError while something loads.",
        cause="It is installed, but not whole, or not made for the libraries beside it.",
        command=REINSTALL,
        source="https://packaging.python.org/en/latest/tutorials/installing-packages/",
        look=_broken,
        fine="Importing",
        signs=(
            r"cannot be imported",
            r"cannot open shared object file",
            r"undefined symbol",
            r"The plug-in .+ does not work",
            r"Silero VAD's weights in .+ cannot be read",
        ),
        general=True,
    ),
    Rule(
        "untested-versions",
        Area.VERSIONS,
        "Other versions than those tested",
        symptom="Anything, or nothing.",
        cause="They may well work together; nobody has tried this set.",
        command=REINSTALL,
        source="https://pip.pypa.io/en/stable/user_guide/#constraints-files",
        look=_untested,
        fine="Versions",
    ),
    Rule(
        "python-version",
        Area.VERSIONS,
        "Another Python than the tested one",
        symptom="Packages that cannot be installed, or syntax errors.",
        cause="Meetcore and the wheels in constraints.txt are made for Python 3.11.",
        command="make clean && make run PYTHON=python3.11",
        source="https://devguide.python.org/versions/",
        look=_python,
        fine="Python",
    ),
    Rule(
        "pyannote-generation",
        Area.VERSIONS,
        "pyannote.audio is of another generation",
        symptom="TypeError: from_pretrained() got an unexpected keyword argument 'token'",
        cause="Models, pipelines and arguments changed from 2.x to 3.x and again to 4.x.",
        command=REINSTALL,
        source="https://github.com/pyannote/pyannote-audio/blob/main/CHANGELOG.md",
        look=_generation,
        fine="Generation of pyannote.audio",
        signs=(r"unexpected keyword argument 'token'",),
    ),
    Rule(
        "torchaudio-cuda",
        Area.VERSIONS,
        "torchaudio was built for another torch",
        symptom="OSError: libc10_cuda.so: cannot open shared object file",
        cause="The registry's torchaudio is linked against the CUDA build of torch; with a CPU-only"
        " torch neither it nor pyannote.audio can be imported. The CUDA build runs on a CPU too.",
        command=REINSTALL + " --force-reinstall --no-deps torch torchaudio",
        source="https://github.com/bagustris/w2v2-vad/issues/1",
        look=_linked,
        fine="torch and torchaudio",
        signs=(r"libc10_cuda|libtorch_cuda|libcudart\.so",),
    ),
    Rule(
        "torchaudio-2.9",
        Area.VERSIONS,
        "torchaudio is too new for this pyannote.audio",
        symptom="AttributeError: module 'torchaudio' has no attribute 'AudioMetaData'",
        cause="torchaudio 2.9 dropped the decoding functions that pyannote.audio 3.x asks for when"
        " it is imported; 4.x does without them.",
        command=REINSTALL,
        source="https://github.com/pyannote/pyannote-audio/issues/1952",
        look=_clash("torchaudio", (2, 9), "pyannote-audio", (4,)),
        signs=(
            r"torchaudio' has no attribute '(AudioMetaData|list_audio_backends|info|set_audio)",
        ),
    ),
    Rule(
        "numpy-2",
        Area.VERSIONS,
        "NumPy is too new for this pyannote.audio",
        symptom="AttributeError: `np.NaN` was removed in the NumPy 2.0 release",
        cause="pyannote.audio up to 3.3.1 spells not-a-number in a way that NumPy 2 dropped.",
        command=REINSTALL,
        source="https://github.com/pyannote/pyannote-audio/pull/1725",
        look=_clash("numpy", (2,), "pyannote-audio", (3, 3, 2)),
        signs=(r"np\.NaN", r"numpy' has no attribute 'NA?[nN]"),
    ),
    Rule(
        "weights-only",
        Area.VERSIONS,
        "torch refuses to unpickle what this pyannote.audio loads",
        symptom="UnpicklingError: Weights only load failed … Unsupported global",
        cause="Since torch 2.6 torch.load reads tensors only unless told otherwise, and"
        " pyannote.audio before 4.0 does not tell it.",
        command=REINSTALL,
        source="https://github.com/pyannote/pyannote-audio/issues/1908",
        look=_clash("torch", (2, 6), "pyannote-audio", (4,)),
        signs=(r"Weights only load failed", r"weights_only", r"Unsupported global"),
    ),
    Rule(
        "use-auth-token",
        Area.VERSIONS,
        "huggingface_hub is too new for this pyannote.audio",
        symptom="TypeError: hf_hub_download() got an unexpected keyword argument 'use_auth_token'",
        cause="huggingface_hub 1.0 dropped an argument that pyannote.audio 2.x and 3.x pass.",
        command=REINSTALL,
        source="https://github.com/speechbrain/speechbrain/issues/2991",
        look=_renamed_token,
        signs=(r"hf_hub_download\(\).*use_auth_token", r"use_auth_token"),
    ),
    Rule(
        "torchcodec",
        Area.VERSIONS,
        "torchcodec cannot decode here",
        symptom="UserWarning: torchcodec is not installed correctly so built-in audio decoding"
        " will fail",
        cause="It looks for the system's FFmpeg. Meetcore decodes with PyAV, which brings its own,"
        " and hands waveforms over: nothing is lost.",
        source="https://github.com/pyannote/pyannote-audio/issues/1925",
        look=_torchcodec,
        fine="torchcodec",
        signs=(r"torchcodec",),
    ),
)

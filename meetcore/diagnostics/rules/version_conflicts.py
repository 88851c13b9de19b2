"""Rules about versions of libraries that do not work together."""

from __future__ import annotations

from collections.abc import Callable

from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.facts.installed import release
from meetcore.diagnostics.findings import Area
from meetcore.diagnostics.rules.rule import Outcome, Rule, amber, fine, harmless, red
from meetcore.installation import REINSTALL

CUDA_LIBRARY = "libc10_cuda"
"""Of the CUDA build of torch; a torchaudio for that build cannot be imported without it."""
LONGEST_ERROR = 90
"""Characters of an import error in a finding."""


def _pyannote_generation(facts: Facts) -> Outcome | None:
    version = facts.version("pyannote-audio")
    if version is None:
        return None
    if release(version) < (4,):
        return red(f"pyannote.audio {version} is installed; Meetcore needs 4.x.", "speakers")
    return fine(f"pyannote.audio {version}.")


def torchaudio_build(facts: Facts) -> Outcome | None:
    """Red where torchaudio needs the CUDA build of torch and torch is a CPU build."""
    build, torchaudio = facts.torch, facts.version("torchaudio")
    if build is None or torchaudio is None:
        return None
    if build.torchaudio_wants_cuda and not build.carries_cuda:
        return red(
            f"torch {build.version} is a CPU-only build, but torchaudio {torchaudio} is linked"
            f" against {CUDA_LIBRARY}.so.",
            "speakers",
        )
    return fine(f"torchaudio {torchaudio} fits torch {build.version}.")


def _conflict(
    library: str, least: tuple[int, ...], with_library: str, below: tuple[int, ...]
) -> Callable[[Facts], Outcome | None]:
    """A check: red where `library` is at least `least` and `with_library` is below `below`."""

    def check(facts: Facts) -> Outcome | None:
        version, other = facts.version(library), facts.version(with_library)
        if version is None or other is None:
            return None
        if release(version) >= least and release(other) < below:
            return red(f"{library} {version} with {with_library} {other}.", "speakers")
        return None

    return check


def _renamed_token(facts: Facts) -> Outcome | None:
    outcome = _conflict("huggingface-hub", (1,), "pyannote-audio", (4,))(facts)
    return outcome if outcome is None or facts.hub_pipeline else amber(outcome.found)


def _torchcodec(facts: Facts) -> Outcome | None:
    if facts.version("torchcodec") is None:
        return harmless("torchcodec is not installed.")
    trial = facts.trials.get("torchcodec")
    if trial is None:
        return None
    if trial.error:
        return harmless(f"torchcodec cannot be loaded ({trial.error[:LONGEST_ERROR]}…).")
    return fine("torchcodec loads; Meetcore does not need it.")


VERSION_CONFLICT_RULES = (
    Rule(
        id="pyannote-generation",
        area=Area.VERSIONS,
        title="pyannote.audio has another major version than Meetcore needs",
        symptom="TypeError: from_pretrained() got an unexpected keyword argument 'token'",
        cause="Models, pipelines and arguments changed from 2.x to 3.x and again to 4.x. Meetings"
        " go on, with words but without speakers.",
        command=REINSTALL,
        source="https://github.com/pyannote/pyannote-audio/blob/main/CHANGELOG.md",
        check=_pyannote_generation,
        title_if_fine="pyannote.audio",
        message_patterns=(r"unexpected keyword argument 'token'",),
    ),
    Rule(
        id="torchaudio-cuda",
        area=Area.VERSIONS,
        title="torchaudio was built for another torch",
        symptom="OSError: libc10_cuda.so: cannot open shared object file",
        cause="The torchaudio of the Python Package Index is linked against the CUDA build of"
        " torch; with a CPU-only torch neither it nor pyannote.audio can be imported. The CUDA"
        " build of torch runs on a CPU too.",
        command=REINSTALL + " --force-reinstall --no-deps torch torchaudio",
        source="https://github.com/bagustris/w2v2-vad/issues/1",
        check=torchaudio_build,
        title_if_fine="torch and torchaudio",
        message_patterns=(r"libc10_cuda|libtorch_cuda|libcudart\.so",),
    ),
    Rule(
        id="torchaudio-2.9",
        area=Area.VERSIONS,
        title="torchaudio is too new for this pyannote.audio",
        symptom="AttributeError: module 'torchaudio' has no attribute 'AudioMetaData'",
        cause="torchaudio 2.9 removed decoding functions that pyannote.audio 3.x uses when it is"
        " imported; 4.x does not need them.",
        command=REINSTALL,
        source="https://github.com/pyannote/pyannote-audio/issues/1952",
        check=_conflict("torchaudio", (2, 9), "pyannote-audio", (4,)),
        message_patterns=(
            r"torchaudio' has no attribute '(AudioMetaData|list_audio_backends|info|set_audio)",
        ),
    ),
    Rule(
        id="numpy-2",
        area=Area.VERSIONS,
        title="NumPy is too new for this pyannote.audio",
        symptom="AttributeError: `np.NaN` was removed in the NumPy 2.0 release",
        cause="pyannote.audio up to 3.3.1 uses the name np.NaN, which NumPy 2 removed.",
        command=REINSTALL,
        source="https://github.com/pyannote/pyannote-audio/pull/1725",
        check=_conflict("numpy", (2,), "pyannote-audio", (3, 3, 2)),
        message_patterns=(r"np\.NaN", r"numpy' has no attribute 'NA?[nN]"),
    ),
    Rule(
        id="weights-only",
        area=Area.VERSIONS,
        title="torch is too new for this pyannote.audio",
        symptom="UnpicklingError: Weights only load failed … Unsupported global",
        cause="Since version 2.6 torch.load reads only tensors by default, and pyannote.audio"
        " before 4.0 does not change the default.",
        command=REINSTALL,
        source="https://github.com/pyannote/pyannote-audio/issues/1908",
        check=_conflict("torch", (2, 6), "pyannote-audio", (4,)),
        message_patterns=(r"Weights only load failed", r"weights_only", r"Unsupported global"),
    ),
    Rule(
        id="use-auth-token",
        area=Area.VERSIONS,
        title="huggingface_hub is too new for this pyannote.audio",
        symptom="TypeError: hf_hub_download() got an unexpected keyword argument 'use_auth_token'",
        cause="huggingface_hub 1.0 removed the argument use_auth_token, which pyannote.audio 2.x"
        " and 3.x pass.",
        command=REINSTALL,
        source="https://github.com/speechbrain/speechbrain/issues/2991",
        check=_renamed_token,
        message_patterns=(r"hf_hub_download\(\).*use_auth_token", r"use_auth_token"),
    ),
    Rule(
        id="torchcodec",
        area=Area.VERSIONS,
        title="torchcodec cannot be used, and is not needed",
        symptom="UserWarning: torchcodec is not installed correctly so built-in audio decoding will"
        " fail",
        cause="torchcodec needs the system's FFmpeg. Meetcore decodes with PyAV, which contains its"
        " own FFmpeg, and passes waveforms to pyannote.audio: nothing is lost.",
        source="https://github.com/pyannote/pyannote-audio/issues/1925",
        check=_torchcodec,
        title_if_fine="torchcodec",
        message_patterns=(r"torchcodec",),
    ),
)

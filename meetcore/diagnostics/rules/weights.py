"""Rules about weights: their files, who wrote them, and whether what is installed reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from meetcore.diagnostics.facts.installed import release
from meetcore.diagnostics.facts.records import Facts
from meetcore.diagnostics.findings import Area, Checkpoint, FileState, WeightReport
from meetcore.diagnostics.rules.rule import (
    PULL,
    Rule,
    Seen,
    amber,
    fine,
    harmless,
    red,
    unseen,
)
from meetcore.installation import REINSTALL

HALF = frozenset({"float16", "bfloat16"})
SPEAKER_ROLES = frozenset({"who speaks when", "voices"})
HALF_CONFIG = re.compile(r"\b(half\s*:\s*true|float16|bfloat16|fp16)\b", re.IGNORECASE)
READERS_OWN = frozenset({"pyannote", "torch", "omegaconf", "pytorch_lightning", "lightning"})
DANGEROUS = frozenset(
    {"os", "posix", "nt", "subprocess", "builtins", "__builtin__", "sys", "socket", "shutil"}
    | {"runpy", "importlib", "ctypes", "pty", "code", "commands", "webbrowser", "copyreg"}
)
"""Modules no description of a model needs, and every attack begins with."""
UNWRITTEN = "0.0.1"
"""What pyannote.audio called itself in the checkpoints of its development years."""


def _checkpoints(facts: Facts) -> Iterable[Checkpoint]:
    return (each.checkpoint for each in facts.weights if each.checkpoint is not None)


def _of_pyannote(facts: Facts) -> list[Checkpoint]:
    return [each for each in _checkpoints(facts) if each.has_introspection is not None]


def _introspection(facts: Facts) -> Seen | None:
    installed, written = facts.version("pyannote-audio"), _of_pyannote(facts)
    if installed is None or not written:
        return None
    for each in written:
        by = each.version_of("pyannote.audio") or "another generation"
        if release(installed) < (3,) and not each.has_introspection:
            return red(
                f"{each.path.name} was written by pyannote.audio {by} and has no 'introspection';"
                f" the installed {installed} looks for it.",
                "speakers",
            )
    wrote = ", ".join(f"{one.path.name} by {one.version_of('pyannote.audio')}" for one in written)
    return fine(f"{wrote}; {installed} is installed and reads it.")


def _newer(facts: Facts) -> Seen | None:
    installed = facts.version("pyannote-audio")
    for each in _of_pyannote(facts):
        by = each.version_of("pyannote.audio")
        if by is None or installed is None or release(by)[:1] < (4,):
            continue
        if release(by)[0] != release(installed)[0]:
            return red(
                f"{each.path.name} asks for pyannote.audio {by}; {installed} is installed.",
                "speakers",
            )
    return None


def _unwritten(facts: Facts) -> Seen | None:
    found = [one for one in _of_pyannote(facts) if one.version_of("pyannote.audio") == UNWRITTEN]
    return harmless(f"{found[0].path.name} says it was written by 0.0.1.") if found else None


def _lost(report: WeightReport) -> str:
    return "speakers" if report.role in SPEAKER_ROLES else "words"


def _lost_by(reports: Iterable[WeightReport], facts: Facts) -> str:
    """What these weights together cost: words only if no recognizer is left."""
    gone = list(reports)
    words = [one for one in facts.weights if _lost(one) == "words"]
    if words and all(one in gone for one in words):
        return "words"
    return "speakers" if any(_lost(one) == "speakers" for one in gone) else ""


def _in_state(facts: Facts, state: FileState, words: str) -> Seen | None:
    gone = [each for each in facts.weights if each.state is state]
    if not gone:
        return None
    names = " ".join(each.name for each in gone)
    listed = ", ".join(f"{each.name} ({each.role})" for each in gone)
    lost = _lost_by(gone, facts)
    command = f"{PULL} {names}"
    seen = red(f"{listed} {words}.", lost, command)
    return seen if lost else amber(f"{listed} {words}; another stands in.", "", command)


def _missing(facts: Facts) -> Seen | None:
    words = "is not in the cache" if _one(facts, FileState.MISSING) else "are not in the cache"
    seen = _in_state(facts, FileState.MISSING, words)
    if seen is not None or not facts.weights:
        return seen
    return fine(f"{len(facts.weights)} weights are here, {_counted(facts)}.")


def _one(facts: Facts, state: FileState) -> bool:
    return sum(each.state is state for each in facts.weights) == 1


def _counted(facts: Facts) -> str:
    sure = {FileState.VERIFIED, FileState.CONVERTED}
    verified = sum(each.state in sure for each in facts.weights)
    return "all verified by sha256" if verified == len(facts.weights) else f"{verified} verified"


def _corrupt(facts: Facts) -> Seen | None:
    return _in_state(facts, FileState.CORRUPT, "differs from what was published")


def _given(facts: Facts) -> Seen | None:
    given = [each for each in facts.weights if each.state is FileState.GIVEN]
    return amber(f"{', '.join(one.name for one in given)}: given by path.") if given else None


def _code(facts: Facts) -> Seen | None:
    """Code in a file that a checksum vouches for is the publisher's own."""
    for each in facts.weights:
        if each.state is not FileState.GIVEN or each.checkpoint is None or not each.checkpoint.code:
            continue
        roots = {name.partition(".")[0] for name in each.checkpoint.code}
        found = f"{each.name} would import {', '.join(each.checkpoint.code[:6])}."
        if roots <= READERS_OWN:
            return harmless(f"{found} These belong to the libraries that read it.")
        return red(found) if roots & DANGEROUS else amber(found)
    return None


def _half(facts: Facts) -> Seen | None:
    for each in facts.weights:
        if each.role == "voices" and each.checkpoint and HALF & set(each.checkpoint.precision):
            return amber(f"{each.name} holds {', '.join(each.checkpoint.precision)}.")
    if HALF_CONFIG.search(facts.pipeline_config):
        return amber("The pipeline's config.yaml asks for half precision.")
    return fine("Voices are compared in float32.") if facts.weights else None


def _unreadable(facts: Facts) -> Seen | None:
    if facts.weights_trouble:
        return red(facts.weights_trouble, "words")
    for each in facts.weights:
        if each.checkpoint and each.checkpoint.trouble:
            return red(f"{each.name}: {each.checkpoint.trouble}", _lost(each))
    return None


WEIGHT_RULES = (
    Rule(
        "introspection",
        Area.WEIGHTS,
        "The speaker weight is of a newer generation than pyannote.audio",
        symptom="KeyError: 'introspection'",
        cause="pyannote.audio 2.x reads checkpoint['pyannote.audio']['introspection'] while it"
        " loads; 3.x stopped writing that key. Meetings go on, with words but without speakers.",
        command=REINSTALL,
        source="https://github.com/pyannote/pyannote-audio/blob/2.1.1/pyannote/audio/core/model.py",
        look=_introspection,
        fine="Speaker weight and pyannote.audio",
        signs=(r"introspection", r"another generation of pyannote\.audio"),
    ),
    Rule(
        "checkpoint-generation",
        Area.WEIGHTS,
        "A checkpoint asks for another major version of pyannote.audio",
        symptom="WrongDependencyVersion: Model requires pyannote.audio ~ …",
        cause="Since 4.0 pyannote.audio refuses checkpoints of another major version.",
        command=REINSTALL,
        source="https://github.com/pyannote/pyannote-audio/pull/1860",
        look=_newer,
        signs=(r"WrongDependencyVersion", r"requires pyannote\.audio ~", r"MissingDependency"),
    ),
    Rule(
        "checkpoint-0.0.1",
        Area.WEIGHTS,
        "“Model was trained with pyannote.audio 0.0.1”",
        symptom="Model was trained with pyannote.audio 0.0.1 … Bad things might happen",
        cause="Checkpoints of its development years carry that number; their author says the"
        " warning can be ignored.",
        source="https://github.com/pyannote/pyannote-audio/issues/1342",
        look=_unwritten,
        signs=(r"Model was trained with", r"Bad things might happen"),
    ),
    Rule(
        "weight-missing",
        Area.WEIGHTS,
        "Weights are missing",
        symptom="The weight '…' could not be fetched.",
        cause="Without its weights a model cannot work. They are fetched at the first start, or by"
        " this command on a machine with a network.",
        command=PULL,
        advice="On a machine without a network, copy the cache folder of one that has it.",
        source="meetcore/weights/catalogue.toml",
        look=_missing,
        fine="Weights",
        signs=(r"is not in the cache", r"could not be fetched", r"weight '.*' \(", r"is not there"),
        general=True,
    ),
    Rule(
        "weight-corrupt",
        Area.WEIGHTS,
        "A weight is damaged",
        symptom="It has another checksum than the catalogue's.",
        cause="The file is not what its publisher published, so it is not loaded.",
        command=PULL,
        source="meetcore/weights/catalogue.toml",
        look=_corrupt,
        signs=(r"another checksum", r"is not the CAM\+\+ weight", r"cannot be loaded as a segm"),
    ),
    Rule(
        "weight-unreadable",
        Area.WEIGHTS,
        "A weight cannot be read",
        symptom="The model does not load.",
        cause="The file, or the cache it lies in, does not give what a model needs.",
        command=PULL,
        source="https://pytorch.org/docs/stable/notes/serialization.html",
        look=_unreadable,
        signs=(
            r"is not a Whisper checkpoint",
            r"neither a file nor a known weight",
            r"No weight is called",
            r"is not a powerset model",
        ),
        general=True,
    ),
    Rule(
        "weight-given",
        Area.WEIGHTS,
        "A weight nobody vouches for",
        symptom="None.",
        cause="It was named by its path, so its content is compared with no published checksum.",
        advice="Use a name of the catalogue unless you made or checked this file yourself.",
        source="https://pytorch.org/docs/stable/notes/serialization.html",
        look=_given,
    ),
    Rule(
        "code-in-checkpoint",
        Area.WEIGHTS,
        "A checkpoint brings code along",
        symptom="None; that is the danger.",
        cause="Loading such a file the usual way runs what it names. Meetcore inspects it without.",
        advice="Load it only if you trust whoever made it.",
        source="https://docs.python.org/3/library/pickle.html",
        look=_code,
    ),
    Rule(
        "half-precision",
        Area.WEIGHTS,
        "Half precision for voices",
        symptom="Different people get one name.",
        cause="In half precision different voices look alike; embeddings belong in float32.",
        advice="Take a float32 weight, or remove the setting from the pipeline's config.yaml.",
        source="https://docs.pytorch.org/docs/stable/notes/numerical_accuracy.html",
        look=_half,
        fine="Precision",
    ),
    Rule(
        "not-a-pipeline",
        Area.WEIGHTS,
        "The pipeline folder is not one",
        symptom="… holds no config.yaml, so it is not a pipeline folder.",
        cause="MEETCORE_DIARIZER names a place that holds no pipeline of pyannote's.",
        command="MEETCORE_DIARIZER=open",
        source="https://github.com/pyannote/pyannote-audio",
        look=unseen,
        signs=(
            r"holds no config\.yaml",
            r"does not exist\. Correct the path",
            r"cannot be loaded \(",
        ),
        general=True,
    ),
)

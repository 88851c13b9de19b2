"""Rules about pyannote.audio's checkpoints: which version wrote them, and which reads them."""

from __future__ import annotations

from meetcore.checkpoints.info import CheckpointInfo
from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.facts.installed import release
from meetcore.diagnostics.findings import Area
from meetcore.diagnostics.rules.rule import Outcome, Rule, fine, harmless, red
from meetcore.installation import REINSTALL

LIBRARY = "pyannote.audio"
DEVELOPMENT_VERSION = "0.0.1"
"""The version in checkpoints that development builds of pyannote.audio wrote."""


def _of_pyannote(facts: Facts) -> list[CheckpointInfo]:
    checkpoints = (each.checkpoint for each in facts.weights if each.checkpoint is not None)
    return [each for each in checkpoints if each.has_introspection is not None]


def _introspection(facts: Facts) -> Outcome | None:
    installed, checkpoints = facts.version("pyannote-audio"), _of_pyannote(facts)
    if installed is None or not checkpoints:
        return None
    for each in checkpoints:
        if release(installed) < (3,) and not each.has_introspection:
            writer = each.version_of(LIBRARY) or "another version"
            return red(
                f"{each.path.name} was written by pyannote.audio {writer} and has no"
                f" 'introspection'; the installed {installed} looks for it.",
                "speakers",
            )
    writers = ", ".join(f"{each.path.name} by {each.version_of(LIBRARY)}" for each in checkpoints)
    return fine(f"{writers}; {installed} is installed and reads it.")


def _newer_major(facts: Facts) -> Outcome | None:
    installed = facts.version("pyannote-audio")
    for each in _of_pyannote(facts):
        writer = each.version_of(LIBRARY)
        if writer is None or installed is None or release(writer)[:1] < (4,):
            continue
        if release(writer)[0] != release(installed)[0]:
            return red(
                f"{each.path.name} asks for pyannote.audio {writer}; {installed} is installed.",
                "speakers",
            )
    return None


def _development_version(facts: Facts) -> Outcome | None:
    found = [
        each for each in _of_pyannote(facts) if each.version_of(LIBRARY) == DEVELOPMENT_VERSION
    ]
    if not found:
        return None
    return harmless(f"{found[0].path.name} says it was written by {DEVELOPMENT_VERSION}.")


PYANNOTE_CHECKPOINT_RULES = (
    Rule(
        id="introspection",
        area=Area.WEIGHTS,
        title="The speaker weight is too new for this pyannote.audio",
        symptom="KeyError: 'introspection'",
        cause="pyannote.audio 2.x reads checkpoint['pyannote.audio']['introspection'] when it loads"
        " a model; 3.x no longer writes that key. Meetings go on, with words but without speakers.",
        command=REINSTALL,
        source="https://github.com/pyannote/pyannote-audio/blob/2.1.1/pyannote/audio/core/model.py",
        check=_introspection,
        title_if_fine="Speaker weight and pyannote.audio",
        message_patterns=(r"introspection", r"another generation of pyannote\.audio"),
    ),
    Rule(
        id="checkpoint-generation",
        area=Area.WEIGHTS,
        title="A checkpoint needs another major version of pyannote.audio",
        symptom="WrongDependencyVersion: Model requires pyannote.audio ~ …",
        cause="Since 4.0 pyannote.audio does not load checkpoints of another major version.",
        command=REINSTALL,
        source="https://github.com/pyannote/pyannote-audio/pull/1860",
        check=_newer_major,
        message_patterns=(
            r"WrongDependencyVersion",
            r"requires pyannote\.audio ~",
            r"MissingDependency",
        ),
    ),
    Rule(
        id="checkpoint-0.0.1",
        area=Area.WEIGHTS,
        title="“Model was trained with pyannote.audio 0.0.1”",
        symptom="Model was trained with pyannote.audio 0.0.1 … Bad things might happen",
        cause="Checkpoints written by development builds have that number; according to their"
        " author the warning can be ignored.",
        source="https://github.com/pyannote/pyannote-audio/issues/1342",
        check=_development_version,
        message_patterns=(r"Model was trained with", r"Bad things might happen"),
    ),
)

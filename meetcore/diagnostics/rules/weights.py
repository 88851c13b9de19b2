"""Rules about weights: missing, damaged, unknown, or dangerous files."""

from __future__ import annotations

import re

from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.findings import Area, FileState, WeightReport
from meetcore.diagnostics.rules.rule import (
    PULL,
    Outcome,
    Rule,
    amber,
    fine,
    harmless,
    message_only,
    red,
)

HALF = frozenset({"float16", "bfloat16"})
SPEAKER_ROLES = frozenset({"who speaks when", "voices"})
HALF_CONFIG = re.compile(r"\b(half\s*:\s*true|float16|bfloat16|fp16)\b", re.IGNORECASE)
LOADING_LIBRARIES = frozenset({"pyannote", "torch", "omegaconf", "pytorch_lightning", "lightning"})
DANGEROUS_MODULES = frozenset(
    {"os", "posix", "nt", "subprocess", "builtins", "__builtin__", "sys", "socket", "shutil"}
    | {"runpy", "importlib", "ctypes", "pty", "code", "commands", "webbrowser", "copyreg"}
)
"""Modules that no model needs, and that malicious pickles use."""
NAMES_LISTED = 6
"""Imported names listed in a finding about code in a checkpoint."""


def _missing(facts: Facts) -> Outcome | None:
    missing = [each for each in facts.weights if each.state is FileState.MISSING]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        return _unusable(missing, f"{verb} not in the cache", facts)
    if not facts.weights:
        return None
    checked = {FileState.VERIFIED, FileState.CONVERTED}
    verified = sum(each.state in checked for each in facts.weights)
    all_verified = verified == len(facts.weights)
    counted = "all verified by sha256" if all_verified else f"{verified} verified"
    return fine(f"{len(facts.weights)} weights are here, {counted}.")


def _corrupt(facts: Facts) -> Outcome | None:
    corrupt = [each for each in facts.weights if each.state is FileState.CORRUPT]
    if not corrupt:
        return None
    verb = "differs" if len(corrupt) == 1 else "differ"
    return _unusable(corrupt, f"{verb} from what was published", facts)


def _unusable(reports: list[WeightReport], problem: str, facts: Facts) -> Outcome:
    """Red with what is lost; amber where another recognizer takes the place of these weights."""
    listed = ", ".join(f"{each.name} ({each.role})" for each in reports)
    command = f"{PULL} {' '.join(each.name for each in reports)}"
    recognizers = [each for each in facts.weights if _lost(each) == "words"]
    if recognizers and all(each in reports for each in recognizers):
        lost = "words"
    else:
        lost = "speakers" if any(_lost(each) == "speakers" for each in reports) else ""
    if lost:
        return red(f"{listed} {problem}.", lost, command)
    return amber(f"{listed} {problem}; another weight is used instead.", "", command)


def _lost(report: WeightReport) -> str:
    return "speakers" if report.role in SPEAKER_ROLES else "words"


def _unreadable(facts: Facts) -> Outcome | None:
    if facts.weights_trouble:
        return red(facts.weights_trouble, "words")
    for each in facts.weights:
        if each.checkpoint and each.checkpoint.trouble:
            return red(f"{each.name}: {each.checkpoint.trouble}", _lost(each))
    return None


def _given(facts: Facts) -> Outcome | None:
    given = [each.name for each in facts.weights if each.state is FileState.GIVEN]
    return amber(f"{', '.join(given)}: given by path.") if given else None


def _code(facts: Facts) -> Outcome | None:
    """Only files without a published checksum: others hold what the publisher put in."""
    for each in facts.weights:
        if each.state is not FileState.GIVEN or each.checkpoint is None or not each.checkpoint.code:
            continue
        modules = {name.partition(".")[0] for name in each.checkpoint.code}
        found = f"{each.name} would import {', '.join(each.checkpoint.code[:NAMES_LISTED])}."
        if modules <= LOADING_LIBRARIES:
            return harmless(f"{found} These belong to the libraries that load it.")
        return red(found) if modules & DANGEROUS_MODULES else amber(found)
    return None


def _pipeline(facts: Facts) -> Outcome | None:
    found = facts.pipeline
    if found.trouble:
        return red(found.trouble, "speakers")
    if found.missing:
        count = len(found.missing)
        return harmless(
            f"{count} files of the pipeline are fetched, and judged, when it is loaded."
        )
    return fine(f"{len(found.files)} files of the pipeline may be loaded.") if found.files else None


def _half_precision(facts: Facts) -> Outcome | None:
    for each in facts.weights:
        if each.role == "voices" and each.checkpoint and HALF & set(each.checkpoint.precision):
            return amber(f"{each.name} holds {', '.join(each.checkpoint.precision)}.")
    if HALF_CONFIG.search(facts.pipeline_config):
        return amber("The pipeline's config.yaml asks for half precision.")
    return fine("Voices are compared in float32.") if facts.weights else None


WEIGHT_RULES = (
    Rule(
        id="weight-missing",
        area=Area.WEIGHTS,
        title="Weights are missing",
        symptom="The weight '…' could not be fetched.",
        cause="A model does not work without its weights. They are fetched at the first start, or"
        " by this command on a machine with a network connection.",
        command=PULL,
        advice="On a machine without a network connection, bring the file from another one and add"
        " it: `weights add FILE` checks and copies it.",
        source="meetcore/weights/catalogue.toml",
        check=_missing,
        title_if_fine="Weights",
        message_patterns=(
            r"is not in the cache",
            r"could not be fetched",
            r"weight '.*' \(",
            r"is not there",
        ),
        is_general=True,
    ),
    Rule(
        id="weight-corrupt",
        area=Area.WEIGHTS,
        title="A weight is damaged",
        symptom="… has another checksum than the catalogue's.",
        cause="The file differs from the published one, so it is not loaded. The command fetches it"
        " again.",
        command=PULL,
        source="meetcore/weights/catalogue.toml",
        check=_corrupt,
        message_patterns=(
            r"another checksum",
            r"is none of the catalogue's files",
            r"is not the CAM\+\+ weight",
            r"cannot be loaded as a segm",
        ),
    ),
    Rule(
        id="weight-unreadable",
        area=Area.WEIGHTS,
        title="A weight cannot be read",
        symptom="The model does not load.",
        cause="The file or the cache folder cannot be read, or the file is not a model that"
        " Meetcore can load.",
        command=PULL,
        source="https://pytorch.org/docs/stable/notes/serialization.html",
        check=_unreadable,
        message_patterns=(
            r"is not a (Whisper checkpoint|Moonshine model)",
            r"neither a file nor a known weight",
            r"No weight is called",
            r"could not be added",
            r"is not a powerset model",
        ),
        is_general=True,
    ),
    Rule(
        id="pipeline-refused",
        area=Area.WEIGHTS,
        title="The pipeline is not loaded",
        symptom="… is not loaded: its segmentation would run …",
        cause="Loading a checkpoint can run code in it, and a config.yaml names classes to import."
        " Every file it names is read without running anything; what holds code, names other"
        " classes, or needs another pyannote.audio is not loaded. Open weights tell speakers apart"
        " instead.",
        command="export MEETCORE_DIARIZER=open",
        advice="If you trust the author of the file, add its sha256 to"
        " MEETCORE_TRUSTED_CHECKPOINTS.",
        source="https://docs.python.org/3/library/pickle.html",
        check=_pipeline,
        title_if_fine="Pipeline",
        message_patterns=(
            r"is not loaded: [Ii]ts",
            r"was changed while it was loaded",
            r"cannot be read as weights",
        ),
    ),
    Rule(
        id="weight-language",
        area=Area.WEIGHTS,
        title="The weight cannot write this language",
        symptom="… writes English only, not …",
        cause="Weights whose names end in .en write English alone: speech in another language would"
        " come out as English words that nobody said. Another weight, base, writes it instead, once"
        " it is on this machine.",
        command=f"{PULL} base",
        advice="Or choose the language that is spoken, or let it be detected.",
        source="https://github.com/openai/whisper#available-models-and-languages",
        check=message_only,
        message_patterns=(
            r"writes .* only, not",
            r"no language code that Whisper knows",
            r"languages are too many to choose from",
            r"can, and is not on this machine yet",
        ),
    ),
    Rule(
        id="weight-given",
        area=Area.WEIGHTS,
        title="A weight without a published checksum",
        symptom="None.",
        cause="It was given by its path, so its content cannot be compared with a published"
        " checksum.",
        advice="Use a name from the catalogue, unless you made or checked this file yourself.",
        source="https://pytorch.org/docs/stable/notes/serialization.html",
        check=_given,
    ),
    Rule(
        id="code-in-checkpoint",
        area=Area.WEIGHTS,
        title="A checkpoint contains code",
        symptom="None: the code would run unnoticed.",
        cause="Loading such a file with pickle runs the functions it names. This check reads it"
        " without running anything.",
        advice="Load it only if you trust its author.",
        source="https://docs.python.org/3/library/pickle.html",
        check=_code,
    ),
    Rule(
        id="half-precision",
        area=Area.WEIGHTS,
        title="Voices are compared in half precision",
        symptom="Different people get the same name.",
        cause="Half precision makes embeddings of different voices too similar; they need float32.",
        advice="Use a float32 weight, or remove the setting from the pipeline's config.yaml.",
        source="https://docs.pytorch.org/docs/stable/notes/numerical_accuracy.html",
        check=_half_precision,
        title_if_fine="Precision",
    ),
    Rule(
        id="not-a-pipeline",
        area=Area.WEIGHTS,
        title="The pipeline folder holds no pipeline",
        symptom="… holds no config.yaml, so it is not a pipeline folder.",
        cause="MEETCORE_DIARIZER is set to a path without a pipeline of pyannote.audio.",
        command="export MEETCORE_DIARIZER=open",
        source="https://github.com/pyannote/pyannote-audio",
        check=message_only,
        message_patterns=(
            r"holds no config\.yaml",
            r"does not exist\. Correct the path",
            r"cannot be loaded \(",
        ),
        is_general=True,
    ),
)

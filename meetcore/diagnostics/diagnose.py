"""Turns facts into a diagnosis: findings, libraries, modes, and the mode in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.facts.installed import (
    LIBRARIES,
    TESTED_PYTHON,
    KnownLibrary,
    same_release,
)
from meetcore.diagnostics.findings import (
    WORST_FIRST,
    Area,
    Diagnosis,
    Finding,
    LibraryVersion,
    RungReport,
    RungState,
    Verdict,
    first_sentence,
)
from meetcore.diagnostics.rules.registry import RULES, Judgement, explain, judge
from meetcore.diagnostics.rules.rule import Rule
from meetcore.records import Mode

if TYPE_CHECKING:
    from meetcore.records import ModelsInUse, RungLeft

HEADLINES = {
    Mode.FULL: "Words and speakers",
    Mode.TRANSCRIPTION_ONLY: "Words only",
    Mode.RECORDING_ONLY: "Recording only",
}
MODE_FINDING = "mode"
"""Rule id of the finding about the mode, where no rule explains why a better one failed."""


def diagnose(
    facts: Facts, examined_at: datetime | None = None, pending: Sequence[str] = ()
) -> Diagnosis:
    """The diagnosis of these facts; the mode is that of loaded models, else the expected one.

    Parameters
    ----------
    examined_at : datetime, optional
        When the facts were gathered.
    pending : Sequence of str
        What is still being examined.
    """
    judged = judge(facts)
    expected, why = expected_mode(judged, facts)
    models = facts.models
    findings = [each.finding for each in judged]
    reported = {each.rule for each in findings if each.verdict is not Verdict.GREEN}
    if models is not None:
        findings += _mode_findings(models, facts, reported)
        why = first_sentence(models.reason) if models.rungs_left else models.reason
    mode = models.mode if models else expected
    return Diagnosis(
        headline=HEADLINES[mode],
        why=why,
        mode=mode,
        findings=tuple(sorted(findings, key=lambda each: WORST_FIRST.index(each.verdict))),
        libraries=tuple(libraries(facts)),
        weights=facts.weights,
        rungs=_rungs(models, reported) if models else _expected_rungs(expected, why),
        pending=tuple(pending),
        examined_at=examined_at,
        loaded=models is not None,
    )


def expected_mode(judged: Iterable[Judgement], facts: Facts) -> tuple[Mode, str]:
    """The mode that the facts allow, and why; no model is loaded to find out."""
    reds = [each for each in judged if each.outcome.verdict is Verdict.RED]
    for lost, mode in (("words", Mode.RECORDING_ONLY), ("speakers", Mode.TRANSCRIPTION_ONLY)):
        reasons = [
            f"{each.rule.title}: {each.outcome.found}" for each in reds if each.outcome.lost == lost
        ]
        if reasons:
            return mode, " ".join(reasons)
    if not facts.wants_speakers:
        return Mode.TRANSCRIPTION_ONLY, "Speakers are switched off (MEETCORE_DIARIZER=off)."
    return Mode.FULL, "Nothing was found that prevents words and speakers."


def libraries(facts: Facts) -> Iterable[LibraryVersion]:
    """Installed and tested versions of Python and every library Meetcore uses."""
    green = facts.python.startswith(f"{TESTED_PYTHON}.")
    yield LibraryVersion(
        "Python", facts.python, TESTED_PYTHON, Verdict.GREEN if green else Verdict.AMBER
    )
    for known in LIBRARIES:
        yield _library(known, facts)


def _library(known: KnownLibrary, facts: Facts) -> LibraryVersion:
    installed, tested = facts.version(known.name), facts.tested_version(known.name)
    trial = facts.trials.get(known.module)
    note = trial.note if trial else ""
    if installed is None:
        missing = Verdict.AMBER if known.instead else Verdict.RED
        if known.is_unused:
            missing = Verdict.GREEN
        return LibraryVersion(
            known.name, None, tested, missing, known.instead or f"without: {known.without}"
        )
    if trial is not None and trial.error:
        failing = Verdict.GREEN if known.is_unused else Verdict.RED
        note = known.instead if known.is_unused else f"cannot be imported: {trial.error}"
        return LibraryVersion(known.name, installed, tested, failing, note)
    if tested is not None and not same_release(installed, tested):
        return LibraryVersion(
            known.name, installed, tested, Verdict.AMBER, note or "another version"
        )
    return LibraryVersion(known.name, installed, tested, Verdict.GREEN, note)


def _mode_findings(models: ModelsInUse, facts: Facts, reported: set[str]) -> Iterable[Finding]:
    """Why a mode that the settings ask for failed, unless a rule reports it already."""
    wanted = facts.wants_speakers or models.mode is Mode.RECORDING_ONLY
    if not wanted or not models.rungs_left:
        yield Finding(MODE_FINDING, Verdict.GREEN, Area.MODE, "Mode", models.reason, "")
        return
    left = models.rungs_left[-1]
    rule = _rule_for(left.reason, reported)
    if rule is not None and rule.id in reported:
        return
    yield Finding(
        rule=rule.id if rule else MODE_FINDING,
        verdict=Verdict.RED,
        area=Area.MODE,
        title=f"{HEADLINES[left.mode]}: not possible",
        found=left.reason,
        meaning=rule.cause if rule else "The next lower mode is used; recordings are not affected.",
        command=(rule.command if rule else "") or left.remedy,
        advice=rule.advice if rule else "",
        source=rule.source if rule else "",
    )


def _rule_for(reason: str, reported: set[str]) -> Rule | None:
    """The rule that explains a reason; one that already has a finding comes first."""
    first = (rule for rule in RULES.values() if rule.id in reported)
    return next((rule for rule in first if rule.explains(reason)), None) or explain(reason)


def _rungs(models: ModelsInUse, reported: set[str]) -> tuple[RungReport, ...]:
    left = {each.mode: each for each in models.rungs_left}
    reports = []
    for mode in Mode:
        if mode is models.mode:
            # Where a better mode failed, that mode's report has the reason.
            why = "" if left else models.reason
            reports.append(RungReport(mode, RungState.IN_FORCE, why or "It needs nothing else."))
        elif mode in left:
            reports.append(_left(mode, left[mode], reported))
        else:
            reports.append(RungReport(mode, RungState.NOT_TRIED, "A better one is in use."))
    return tuple(reports)


def _left(mode: Mode, left: RungLeft, reported: set[str]) -> RungReport:
    rule = _rule_for(left.reason, reported)
    command = (rule.command if rule else "") or left.remedy
    return RungReport(mode, RungState.LEFT, left.reason, command, rule.id if rule else "")


def _expected_rungs(expected: Mode, why: str) -> tuple[RungReport, ...]:
    modes = list(Mode)
    reports = []
    for mode in modes:
        if mode is expected:
            reports.append(RungReport(mode, RungState.EXPECTED, why if mode is modes[0] else ""))
        elif modes.index(mode) < modes.index(expected):
            reports.append(RungReport(mode, RungState.LEFT, why))
        else:
            reports.append(RungReport(mode, RungState.NOT_TRIED, "A better one should work."))
    return tuple(reports)

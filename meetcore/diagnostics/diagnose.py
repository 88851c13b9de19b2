"""From facts to a diagnosis: findings, libraries, rungs, and the mode in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from meetcore.diagnostics.facts.installed import (
    LIBRARIES,
    TESTED_PYTHON,
    KnownLibrary,
    same_release,
)
from meetcore.diagnostics.facts.records import Facts
from meetcore.diagnostics.findings import (
    Area,
    Diagnosis,
    Finding,
    Library,
    RungReport,
    RungState,
    Verdict,
    first_sentence,
)
from meetcore.diagnostics.rules.registry import RULES, WORST_FIRST, Judgement, explain, judge
from meetcore.diagnostics.rules.rule import Rule
from meetcore.records import Mode

if TYPE_CHECKING:
    from meetcore.records import ModelsInUse, RungLeft

HEADLINES = {
    Mode.FULL: "Words and speakers",
    Mode.TRANSCRIPTION_ONLY: "Words only",
    Mode.RECORDING_ONLY: "Recording only",
}
LEFT_MODE = "mode"
"""Id of the finding about a rung that was left for a reason no rule knows."""


def diagnose(
    facts: Facts, examined_at: datetime | None = None, pending: Sequence[str] = ()
) -> Diagnosis:
    """Everything the facts say; with models loaded the mode is theirs, else it is foreseen."""
    judged = judge(facts)
    foreseen, why = foresee(judged, facts)
    models = facts.models
    findings = [each.finding for each in judged]
    told = {one.rule for one in findings if _is_bad(one)}
    if models is not None:
        findings += _lost_mode(models, facts, told)
        why = first_sentence(models.reason) if models.rungs_left else models.reason
    mode = models.mode if models else foreseen
    return Diagnosis(
        headline=HEADLINES[mode],
        why=why,
        mode=mode,
        findings=tuple(sorted(findings, key=lambda one: WORST_FIRST.index(one.verdict))),
        libraries=tuple(libraries(facts)),
        weights=facts.weights,
        rungs=_rungs(models, told) if models else _foreseen_rungs(foreseen, why),
        pending=tuple(pending),
        examined_at=examined_at,
        loaded=models is not None,
    )


def foresee(judged: Iterable[Judgement], facts: Facts) -> tuple[Mode, str]:
    """The mode that should hold, and why, before anything is loaded."""
    reds = [each for each in judged if each.seen.verdict is Verdict.RED]
    for lost, mode in (("words", Mode.RECORDING_ONLY), ("speakers", Mode.TRANSCRIPTION_ONLY)):
        reasons = [
            f"{each.rule.title}: {each.seen.found}" for each in reds if each.seen.lost == lost
        ]
        if reasons:
            return mode, " ".join(reasons)
    if not facts.wants_speakers:
        return Mode.TRANSCRIPTION_ONLY, "Speakers are switched off (MEETCORE_DIARIZER=off)."
    return Mode.FULL, "Nothing found that stands in the way of words and speakers."


def libraries(facts: Facts) -> Iterable[Library]:
    """The table of versions, Python first."""
    green = facts.python.startswith(f"{TESTED_PYTHON}.")
    yield Library("Python", facts.python, TESTED_PYTHON, Verdict.GREEN if green else Verdict.AMBER)
    for known in LIBRARIES:
        yield _library(known, facts)


def _library(known: KnownLibrary, facts: Facts) -> Library:
    installed, tested = facts.version(known.name), facts.tested_version(known.name)
    trial = facts.trials.get(known.module)
    note = trial.note if trial else ""
    if installed is None:
        missing = Verdict.AMBER if known.instead else Verdict.RED
        if known.unasked:
            missing = Verdict.GREEN
        return Library(
            known.name, None, tested, missing, known.instead or f"without: {known.without}"
        )
    if trial is not None and trial.error:
        failing = Verdict.GREEN if known.unasked else Verdict.RED
        note = known.instead if known.unasked else f"cannot be imported: {trial.error}"
        return Library(known.name, installed, tested, failing, note)
    if tested is not None and not same_release(installed, tested):
        return Library(known.name, installed, tested, Verdict.AMBER, note or "another version")
    return Library(known.name, installed, tested, Verdict.GREEN, note)


def _is_bad(finding: Finding) -> bool:
    return finding.verdict is not Verdict.GREEN


def _lost_mode(models: ModelsInUse, facts: Facts, told: set[str]) -> Iterable[Finding]:
    """Rungs that were left although they were asked for, unless a rule says it already."""
    wanted = facts.wants_speakers or models.mode is Mode.RECORDING_ONLY
    if not wanted or not models.rungs_left:
        yield _mode_finding(models)
        return
    left = models.rungs_left[-1]
    rule = _rule_for(left.reason, told)
    if rule is not None and rule.id in told:
        return
    yield Finding(
        rule=rule.id if rule else LEFT_MODE,
        verdict=Verdict.RED,
        area=Area.MODE,
        title=f"{HEADLINES[left.mode]}: not possible",
        found=left.reason,
        meaning=rule.cause if rule else "The next lower mode is in force; nothing is lost.",
        command=(rule.command if rule else "") or left.remedy,
        advice=rule.advice if rule else "",
        source=rule.source if rule else "",
    )


def _mode_finding(models: ModelsInUse) -> Finding:
    return Finding(LEFT_MODE, Verdict.GREEN, Area.MODE, "Mode", models.reason, "")


def _rule_for(reason: str, told: set[str]) -> Rule | None:
    """The rule that knows a reason; of several, one that says so of this machine already."""
    known = (RULES[each] for each in RULES if each in told)
    return next((rule for rule in known if rule.explains(reason)), None) or explain(reason)


def _rungs(models: ModelsInUse, told: set[str]) -> tuple[RungReport, ...]:
    left = {each.mode: each for each in models.rungs_left}
    reports = []
    for mode in Mode:
        if mode is models.mode:
            # Below a rung that was left, the reason is that rung's, and told there.
            why = "" if left else models.reason
            reports.append(RungReport(mode, RungState.IN_FORCE, why or "It needs nothing else."))
        elif mode in left:
            reports.append(_left(mode, left[mode], told))
        else:
            reports.append(RungReport(mode, RungState.NOT_TRIED, "A better one holds."))
    return tuple(reports)


def _left(mode: Mode, left: RungLeft, told: set[str]) -> RungReport:
    rule = _rule_for(left.reason, told)
    command = (rule.command if rule else "") or left.remedy
    return RungReport(mode, RungState.LEFT, left.reason, command, rule.id if rule else "")


def _foreseen_rungs(foreseen: Mode, why: str) -> tuple[RungReport, ...]:
    modes = list(Mode)
    reports = []
    for mode in modes:
        if mode is foreseen:
            reports.append(RungReport(mode, RungState.FORESEEN, why if mode is modes[0] else ""))
        elif modes.index(mode) < modes.index(foreseen):
            reports.append(RungReport(mode, RungState.LEFT, why))
        else:
            reports.append(RungReport(mode, RungState.NOT_TRIED, "A better one should hold."))
    return tuple(reports)

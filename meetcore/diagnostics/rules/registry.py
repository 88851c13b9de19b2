"""All rules, and what they say: of the facts, of a message somebody met, of one checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meetcore.diagnostics.facts.records import Facts
from meetcore.diagnostics.findings import (
    Area,
    Checkpoint,
    FileState,
    Finding,
    Verdict,
    WeightReport,
)
from meetcore.diagnostics.rules.browser import BROWSER_RULES
from meetcore.diagnostics.rules.device import DEVICE_RULES
from meetcore.diagnostics.rules.hub import HUB_RULES
from meetcore.diagnostics.rules.machine import MACHINE_RULES
from meetcore.diagnostics.rules.rule import Rule, Seen
from meetcore.diagnostics.rules.versions import VERSION_RULES
from meetcore.diagnostics.rules.weights import WEIGHT_RULES

RULES: Mapping[str, Rule] = {
    rule.id: rule
    for table in (
        VERSION_RULES,
        WEIGHT_RULES,
        HUB_RULES,
        DEVICE_RULES,
        BROWSER_RULES,
        MACHINE_RULES,
    )
    for rule in table
}
WORST_FIRST = (Verdict.RED, Verdict.AMBER, Verdict.GREEN)
OF_ONE_FILE = ("introspection", "checkpoint-generation", "checkpoint-0.0.1", "code-in-checkpoint")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one rule saw."""

    rule: Rule
    seen: Seen

    @property
    def finding(self) -> Finding:
        """For a person."""
        return self.rule.finding(self.seen)


def judge(facts: Facts) -> tuple[Judgement, ...]:
    """What every rule sees in the facts, worst first, else in the order of the page."""
    seen = ((rule, rule.look(facts)) for rule in RULES.values())
    found = [Judgement(rule, one) for rule, one in seen if one is not None]
    areas = list(Area)
    return tuple(
        sorted(
            found,
            key=lambda each: (WORST_FIRST.index(each.seen.verdict), areas.index(each.rule.area)),
        )
    )


def explain(message: str) -> Rule | None:
    """The rule that knows a message, ours or a library's; None where nobody does."""
    to_the_point_first = sorted(RULES.values(), key=lambda rule: rule.general)
    return next((rule for rule in to_the_point_first if rule.explains(message)), None)


def judge_checkpoint(checkpoint: Checkpoint, versions: Mapping[str, str]) -> tuple[Finding, ...]:
    """What loading this file would meet with the installed libraries, worst first.

    Parameters
    ----------
    versions : installed distributions by normalized name
    """
    # Whisper is meant to be kept in half precision, voices are not.
    role = "second pass" if "hisper" in checkpoint.kind else "voices"
    name, size = checkpoint.path.name, checkpoint.size
    report = WeightReport(name, role, FileState.GIVEN, size, checkpoint=checkpoint)
    facts = Facts(versions=versions, weights=(report,))
    wanted = {*OF_ONE_FILE, "half-precision", "weight-unreadable"}
    judged = (each for each in judge(facts) if each.rule.id in wanted)
    return tuple(each.finding for each in judged if each.rule.id != "half-precision" or _bad(each))


def _bad(judgement: Judgement) -> bool:
    return judgement.seen.verdict is not Verdict.GREEN

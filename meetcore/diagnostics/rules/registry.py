"""The registry of diagnostic rules, and how to add one.

How to add a rule
-----------------
1. Add a row `Rule(...)` to the table of its subject: libraries.py, version_conflicts.py,
   pyannote_checkpoints.py, weights.py, remote_server.py, hub.py, device.py, browser.py,
   machine.py or recordings_and_jobs.py. `Rule` in rule.py explains every field and shows a row.
2. Write its check above the table: a function of `Facts` that returns `fine`, `harmless`,
   `amber` or `red` with one sentence, or None where the facts are not sufficient. A problem that
   only an error message reveals takes `check=message_only`.
3. If the check needs a fact that is not gathered yet, add a field to `Facts` (facts/fact_types.py)
   and fill it in facts/gather.py; what only an imported library tells (PyAV's FFmpeg) comes from
   facts/import_trials.py. Checks themselves read no file and import no library.
4. Give `message_patterns` for the error messages that it explains: pages then link them to it.
5. Add one case with the problem to CASES, or one real message to MESSAGES, in
   tests/diagnostics/test_rules.py; a test fails while a rule has neither.

Rules need the standard library alone: `meetcore doctor` runs where packages are missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meetcore.checkpoints.info import CheckpointInfo
from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.findings import (
    WORST_FIRST,
    Area,
    FileState,
    Finding,
    Verdict,
    WeightReport,
)
from meetcore.diagnostics.rules.browser import BROWSER_RULES
from meetcore.diagnostics.rules.device import DEVICE_RULES
from meetcore.diagnostics.rules.hub import HUB_RULES
from meetcore.diagnostics.rules.libraries import LIBRARY_RULES
from meetcore.diagnostics.rules.machine import MACHINE_RULES
from meetcore.diagnostics.rules.pyannote_checkpoints import PYANNOTE_CHECKPOINT_RULES
from meetcore.diagnostics.rules.recordings_and_jobs import PROCESSING_RULES
from meetcore.diagnostics.rules.remote_server import REMOTE_SERVER_RULES
from meetcore.diagnostics.rules.rule import Outcome, Rule
from meetcore.diagnostics.rules.version_conflicts import VERSION_CONFLICT_RULES
from meetcore.diagnostics.rules.weights import WEIGHT_RULES

RULES: Mapping[str, Rule] = {
    rule.id: rule
    for table in (
        LIBRARY_RULES,
        VERSION_CONFLICT_RULES,
        PYANNOTE_CHECKPOINT_RULES,
        WEIGHT_RULES,
        REMOTE_SERVER_RULES,
        HUB_RULES,
        DEVICE_RULES,
        BROWSER_RULES,
        MACHINE_RULES,
        PROCESSING_RULES,
    )
    for rule in table
}
"""By id; of several rules that explain a message the first is taken."""
CHECKPOINT_RULES = frozenset(
    {"introspection", "checkpoint-generation", "checkpoint-0.0.1", "code-in-checkpoint"}
    | {"half-precision", "weight-unreadable"}
)
"""Rules that say something about a single file."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A rule and what its check found."""

    rule: Rule
    outcome: Outcome

    @property
    def finding(self) -> Finding:
        """The finding that a user reads."""
        return self.rule.finding(self.outcome)


def judge(facts: Facts) -> tuple[Judgement, ...]:
    """The outcome of every rule whose check says something, worst first, then by area."""
    checked = ((rule, rule.check(facts)) for rule in RULES.values())
    found = [Judgement(rule, outcome) for rule, outcome in checked if outcome is not None]
    areas = list(Area)
    return tuple(
        sorted(
            found,
            key=lambda each: (WORST_FIRST.index(each.outcome.verdict), areas.index(each.rule.area)),
        )
    )


def explain(message: str) -> Rule | None:
    """The rule that explains an error message, of Meetcore or a library; None without one."""
    specific_first = sorted(RULES.values(), key=lambda rule: rule.is_general)
    return next((rule for rule in specific_first if rule.explains(message)), None)


def judge_checkpoint(
    checkpoint: CheckpointInfo, versions: Mapping[str, str]
) -> tuple[Finding, ...]:
    """What loading a checkpoint with the installed libraries would run into, worst first.

    Parameters
    ----------
    versions : Mapping of str to str
        Installed distributions by normalized name.
    """
    # Half precision is fine for Whisper, and wrong for speaker embeddings.
    role = "second pass" if "hisper" in checkpoint.kind else "voices"
    name, size = checkpoint.path.name, checkpoint.size
    report = WeightReport(name, role, FileState.GIVEN, size, checkpoint=checkpoint)
    judged = judge(Facts(versions=versions, weights=(report,)))
    return tuple(
        each.finding
        for each in judged
        if each.rule.id in CHECKPOINT_RULES
        and (each.rule.id != "half-precision" or each.outcome.verdict is not Verdict.GREEN)
    )

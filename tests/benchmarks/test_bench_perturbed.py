"""The perturbed benches: changes, mean and spread, the virtual clock, comparisons."""

from __future__ import annotations

import argparse
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from meetcore.asr.live_recognizer import StreamUpdate
from meetcore.benchmarks import cli
from meetcore.benchmarks.live import run as bench_live
from meetcore.benchmarks.live.perturbed import PerturbedRun, variants_of
from meetcore.benchmarks.live.perturbed_report import markdown, to_json
from meetcore.benchmarks.live.variants import Variant, changed
from meetcore.benchmarks.live.virtual_stream import run_virtually
from meetcore.benchmarks.perturbation import Perturbation, perturbations
from meetcore.benchmarks.processor import processor
from meetcore.benchmarks.shifted_reference import shifted_reference
from meetcore.benchmarks.spread import paired_interval, spread
from meetcore.errors import SettingsError
from meetcore.metrics.accuracy import Accuracy
from meetcore.metrics.reference import Reference
from meetcore.metrics.wer import WordErrors
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import SAMPLE_RATE, Samples, Segment, Turn, Word

DATA = Path(__file__).parents[1] / "data"


def test_changes_are_reproducible_and_all_different() -> None:
    made = perturbations(8)
    assert made == perturbations(8)
    assert len({each.lead_samples for each in made}) == len({each.gain_db for each in made}) == 8
    assert all(-3.0 <= each.gain_db <= 3.0 and 0.0 <= each.lead <= 0.5 for each in made)


def test_a_changed_recording_is_later_louder_and_dithered() -> None:
    tone = np.full(16_000, 0.25, np.float32)
    audio = Perturbation(seed=1, gain_db=3.0, lead_samples=800).of(tone)
    assert audio.shape == (16_800,) and audio.dtype == np.float32
    assert audio[800:].mean() == pytest.approx(0.25 * 10 ** (3 / 20), rel=1e-3)
    assert 20 * math.log10(float(audio[:800].std())) == pytest.approx(-70.0, abs=1.0)


def test_a_shifted_reference_keeps_words_and_moves_all_times() -> None:
    segment = Segment(1.0, 2.0, "A", (Word(" hi", 1.0, 2.0),))
    shifted = shifted_reference(Reference((segment,), True, (Turn(1.0, 2.0, "A"),)), 0.5)
    assert shifted.segments == (Segment(1.5, 2.5, "A", (Word(" hi", 1.5, 2.5),)),)
    assert shifted.turns == (Turn(1.5, 2.5, "A"),)


def test_spread_and_interval() -> None:
    assert spread([]).cell(1) == "–"
    assert spread([1.0, 3.0]).cell(1) == "2.0 ± 1.4"
    clear = paired_interval([[1.0, 1.2, 0.8], [1.1, 0.9, 1.0]])
    assert clear.low <= clear.mean <= clear.high and clear.low > 0.5
    unclear = paired_interval([[5.0, -5.0, 4.0, -4.0]])
    assert unclear.low < 0.0 < unclear.high


class OneWord:
    """Commits a word with every tenth push, and works for a measurable time."""

    def __init__(self) -> None:
        self.pushed = 0
        self.step = 0.5

    def set_step(self, step: float) -> None:
        self.step = step

    def push(self, samples: Samples) -> StreamUpdate:
        self.pushed += 1
        if self.pushed % 10:
            return StreamUpdate()
        sum(value * value for value in range(200_000))
        end = self.pushed / 10
        return StreamUpdate((Word(f" word{self.pushed}", end - 0.5, end, 0.9),))

    def flush(self) -> StreamUpdate:
        return StreamUpdate()

    def close(self) -> None:
        pass


def test_words_are_late_by_the_measured_work_only() -> None:
    log = run_virtually(
        IdentifierSession("m", OneWord(), None), np.zeros(3 * SAMPLE_RATE, np.float32)
    )
    assert [len(update.segments[-1].words) for update in log.updates][-1] == 3
    times = [update.wall_time for update in log.updates]
    assert all(second < time < second + 0.5 for second, time in enumerate(times, 1))
    assert log.cpu_s > 0.0 and log.duration == 3.0 and log.errors == 0


def test_options_of_a_comparison() -> None:
    base = Variant("tiny.en", name="tiny.en")
    both = changed(base, "base.en,step=1.0,history_tokens=50")
    assert both.weight == "base.en" and both.options is not None
    assert both.options.step == 1.0 and both.options.history_tokens == 50
    for wrong in ("nonsense=1", "step=fast", "gate=1"):
        with pytest.raises(SettingsError):
            changed(base, wrong)


def _run(variant: int, number: int, errors: int, latency: float) -> PerturbedRun:
    accuracy = Accuracy(WordErrors(errors, 0, 0, 100))
    latencies = (latency,) * 3
    return PerturbedRun(Path("a.wav"), variant, number, accuracy, 10.0, 2.0, latencies, "", 0)


def test_the_report_names_the_processor_in_every_table() -> None:
    runs = [_run(0, 0, 10, 1.0), _run(1, 0, 8, 2.0), _run(0, 1, 12, 1.2), _run(1, 1, 10, 2.2)]
    variants = (Variant("tiny.en", name="one"), Variant("tiny.en", name="two"))
    text = markdown(runs, variants, 2)
    assert text.count(processor()) == 3
    assert "| a | 11.0 ± 1.4 | – | – | 1.10 ± 0.14 | 1.10 ± 0.14 | 0.200 ± 0.000 |" in text
    assert "**two − one**" in text and "| -2.0 (-2.0 to -2.0) |" in text
    assert json.loads(to_json(runs, variants))["processor"] == processor()


@pytest.mark.model
def test_both_benches_run_perturbed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import argparse

    reference = tmp_path / "jfk.txt"
    reference.write_text(
        "And so my fellow Americans, ask not what your country can do for you,"
        " ask what you can do for your country."
    )
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    common = [str(DATA / "jfk.flac"), "--reference", str(reference), "--perturb", "2"]
    for bench in ("live", "offline"):
        assert cli.run(parser.parse_args([bench, *common, "--no-speakers"])) == 0
        printed = capsys.readouterr().out
        assert processor() in printed
        found = re.search(r"\| jfk \| (\d+\.\d) ± \d+\.\d \|", printed)
        # One word more or less is what the perturbations are for.
        assert found and float(found[1]) <= 10.0


def test_every_weight_and_the_one_against_is_a_variant() -> None:
    parser = argparse.ArgumentParser()
    bench_live.add_arguments(parser)
    line = "a.wav --reference a.txt --perturb 2 --weights tiny.en,base.en"
    names = [each.name for each in variants_of(parser.parse_args(line.split()))]
    assert names == ["tiny.en", "base.en"]
    more = f"{line} --options step=1.0 --against step=2.0".split()
    found = variants_of(parser.parse_args(more))
    assert [each.name for each in found] == ["tiny.en step=1.0", "base.en step=1.0", "step=2.0"]
    assert [each.weight for each in found] == ["tiny.en", "base.en", "tiny.en"]

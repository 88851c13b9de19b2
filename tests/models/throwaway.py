"""A package of a recognizer and a diarizer, as somebody else would publish it, written to disk."""

from __future__ import annotations

from pathlib import Path

MODULE = '''
import numpy as np

from meetcore.asr.engine import EngineSpec
from meetcore.asr.live_recognizer import StreamUpdate
from meetcore.asr.recognizer import GateOptions, Recognition, RecognizedWord, RecognizerInfo
from meetcore.diarization.live_diarizer import LiveTurns
from meetcore.diarization.offline.diarize_recording import Diarization
from meetcore.diarization.voice_similarity import Voice
from meetcore.records import Turn, Word

RATE = 16_000


class Metronome:
    """A word for every full second of audio."""

    spec = EngineSpec(formats=("metronome",))

    @classmethod
    def load(cls, request):
        return cls(request.path.read_text(), request.weight)

    def __init__(self, text, weight):
        gate = GateOptions(silence_db=-200.0)
        self.text = text
        self.info = RecognizerInfo(weight, "metronome", "cpu", "none", ("de",), gate=gate)

    def recognize(self, samples, options):
        times = range(len(samples) // RATE)
        words = (RecognizedWord(f" {self.text}", at, at + 0.9, 1.0, ()) for at in times)
        return Recognition(tuple(words), language="de")

    def recognize_batch(self, windows, options):
        return [self.recognize(window, options) for window in windows]

    def open_live(self, language=None):
        return Ticking(self.text)

    def language_probabilities(self, samples, context=30.0):
        return {"de": 1.0}

    def tokens_of(self, text):
        return ()

    def close(self):
        pass


class Ticking:
    step = 1.0

    def __init__(self, text):
        self.text, self.pushed, self.said = text, 0, 0

    def set_step(self, step):
        pass

    def push(self, samples):
        self.pushed += len(samples)
        first, self.said = self.said, self.pushed // RATE
        words = tuple(Word(f" {self.text}", at, at + 0.9) for at in range(first, self.said))
        return StreamUpdate(words)

    def flush(self):
        return self.push(np.zeros(0, np.float32))

    def close(self):
        pass


class OneHot:
    weight, dimension = "one-hot", 2

    def embed(self, samples, masks=None):
        return np.eye(2, dtype=np.float32)[:1]


class Alternating:
    """Two speakers who take turns of a second."""

    name, embedding = "alternating 1.0", OneHot()

    @classmethod
    def load(cls, request):
        assert request.setting == "alternating"
        return cls()

    def open_live(self, max_speakers=None):
        return AlternatingLive()

    def diarize(self, read, total_samples, options=None, *, progress=None):
        assert len(read(0, total_samples)) == total_samples
        turns = turns_of(total_samples)
        return Diarization(turns, turns, 2)


class AlternatingLive:
    def __init__(self):
        self.pushed = 0

    def push(self, samples):
        self.pushed += len(samples)
        end = self.pushed / RATE
        return LiveTurns(turns_of(self.pushed), end)

    def flush(self):
        return self.push(np.zeros(0, np.float32))

    def voices(self):
        return {"S1": Voice(np.ones(2), 1.0)}

    def close(self):
        pass


def turns_of(n_samples):
    return tuple(Turn(at, at + 1, f"S{at % 2 + 1}") for at in range(n_samples // RATE))


class Failing:
    """Loads neither as a recognizer nor as a diarizer."""

    spec = EngineSpec(formats=("metronome",))

    @classmethod
    def load(cls, request):
        raise RuntimeError("no such chip")


class Needy:
    """Needs a module that is not installed."""

    spec = EngineSpec(formats=("metronome",), module="no_such_module")


class WithoutSpec:
    @classmethod
    def load(cls, request):
        raise AssertionError("it must not come to this")
'''

ENTRY_POINTS = """
[meetcore.recognizers]
metronome = throwaway_engines:Metronome
failing = throwaway_engines:Failing
unnamed = throwaway_engines:WithoutSpec
needy = throwaway_engines:Needy
gone = throwaway_missing:Recognizer
ctranslate2 = throwaway_engines:Metronome

[meetcore.diarizers]
alternating = throwaway_engines:Alternating
failing = throwaway_engines:Failing
gone = throwaway_missing:Diarizer
open = throwaway_engines:Alternating
"""


def write_package(folder: Path) -> None:
    """Lay the package out in `folder` as an installer would."""
    (folder / "throwaway_engines.py").write_text(MODULE)
    information = folder / "throwaway_package-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: throwaway-package\n")
    (information / "entry_points.txt").write_text(ENTRY_POINTS)

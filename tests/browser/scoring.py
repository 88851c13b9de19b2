"""How well a stored meeting tells what pyannote's sample says, and whether its audio is whole."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import av
import meeteval
import numpy as np
from pyannote.core import Annotation, Segment
from pyannote.core import Timeline as PyannoteTimeline
from pyannote.metrics.diarization import DiarizationErrorRate
from whisper.normalizers import EnglishTextNormalizer

from meetcore.records import Transcript

normalise = EnglishTextNormalizer()


def read_audio(path: Path) -> np.ndarray:
    """A file as mono 16 kHz, by PyAV alone; shape (n_samples,), float32."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
    with av.open(str(path)) as container:
        pieces = [
            out.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for out in resampler.resample(frame)
        ]
    return np.concatenate([*pieces, *(out.to_ndarray()[0] for out in resampler.resample(None))])


def offset_of(saved: np.ndarray, sample: np.ndarray) -> float:
    """Seconds by which the sample's start lies after the recording's; by cross-correlation."""
    size = 1 << (len(saved) + len(sample)).bit_length()
    product = np.fft.irfft(np.fft.rfft(saved, size) * np.conj(np.fft.rfft(sample, size)), size)
    shift = int(np.argmax(product))
    return (shift if shift < size // 2 else shift - size) / 16_000


def likeness_by_second(saved: np.ndarray, sample: np.ndarray, offset: float) -> dict[int, float]:
    """Correlation of each second of speech of the sample with the recording.

    The whole second may lie up to 50 ms off, for the jitter buffer of a real connection.
    """
    likeness: dict[int, float] = {}
    for second in range(7, len(sample) // 16_000):
        heard = sample[second * 16_000 : (second + 1) * 16_000]
        start = round((second + offset) * 16_000)
        if start < 800 or start + 16_800 > len(saved):
            continue
        around = saved[start - 800 : start + 16_800]
        product = np.correlate(around, heard, mode="valid")
        energy = np.convolve(around**2, np.ones(16_000), mode="valid")
        best = np.max(np.abs(product) / np.sqrt(energy + 1e-12))
        likeness[second] = float(best / np.linalg.norm(heard))
    return likeness


def reference_words(stm: Path) -> dict[str, str]:
    """Each speaker's normalised words in the reference."""
    said: dict[str, list[str]] = defaultdict(list)
    for line in stm.read_text().splitlines():
        _, _, speaker, _, _, text = line.split(maxsplit=5)
        said[speaker].append(text)
    return {speaker: normalise(" ".join(parts)) for speaker, parts in said.items()}


def reference_in_order(stm: Path) -> str:
    """All normalised words of the reference in order of start."""
    lines = [line.split(maxsplit=5) for line in stm.read_text().splitlines()]
    return normalise(" ".join(line[5] for line in sorted(lines, key=lambda line: float(line[3]))))


def word_error_rate(transcript: Transcript, stm: Path) -> float:
    """WER of all words in order, by meeteval."""
    said = normalise(" ".join(segment.text for segment in transcript.segments))
    return float(meeteval.wer.siso_word_error_rate(reference_in_order(stm), said).error_rate)


def cp_word_error_rate(transcript: Transcript, stm: Path) -> float:
    """cpWER, by meeteval."""
    said: dict[str, list[str]] = defaultdict(list)
    for segment in transcript.segments:
        said[segment.speaker or "nobody"].append(segment.text)
    hypothesis = {speaker: normalise(" ".join(parts)) for speaker, parts in said.items()}
    return float(meeteval.wer.cp_word_error_rate(reference_words(stm), hypothesis).error_rate)


def diarization_error_rate(transcript: Transcript, rttm: Path, offset: float) -> float:
    """DER without a collar, by pyannote.metrics, over the length of the sample."""
    reference, hypothesis = Annotation(), Annotation()
    for index, line in enumerate(rttm.read_text().splitlines()):
        fields = line.split()
        start = float(fields[3]) + offset
        reference[Segment(start, start + float(fields[4])), index] = fields[7]
    for index, segment in enumerate(transcript.segments):
        if segment.speaker is not None:
            hypothesis[Segment(segment.start, segment.end), index] = segment.speaker
    scored = PyannoteTimeline([Segment(max(0.0, offset), offset + 30.0)])
    return float(DiarizationErrorRate(collar=0.0)(reference, hypothesis, uem=scored))

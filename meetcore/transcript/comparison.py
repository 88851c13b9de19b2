"""Word differences between two transcripts of the same recording, by segment."""

from __future__ import annotations

import bisect
import difflib
import enum
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meetcore.records import Segment, Word

BLOCK_S = 60.0
"""Words are compared in blocks of about this length, so that time grows linearly."""


class DiffKind(enum.StrEnum):
    """How a stretch of words differs."""

    EQUAL = "equal"
    INSERTED = "inserted"
    REMOVED = "removed"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class DiffPart:
    """A stretch of words before and after; `before` is empty for inserted words, `after` for
    removed ones."""

    kind: DiffKind
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SegmentChange:
    """The differences in one segment of the later transcript."""

    parts: tuple[DiffPart, ...]
    speaker_before: str | None = None
    """Label of the speaker that had most of this segment's time in the earlier transcript."""
    speaker_changed: bool = False

    @property
    def changed(self) -> bool:
        """Whether words or speaker differ."""
        return self.speaker_changed or any(part.kind is not DiffKind.EQUAL for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Change:
    kind: DiffKind
    before: tuple[Word, ...]
    after: tuple[Word, ...]


def compare(before: Sequence[Segment], after: Sequence[Segment]) -> tuple[SegmentChange, ...]:
    """The differences, one entry per segment of `after`; case and punctuation are ignored.

    Parameters
    ----------
    before, after : sequence of Segment
        The earlier and the later transcript, in order of start.

    Examples
    --------
    >>> old = Segment(0, 2, "S1", (Word(" The", 0, 1), Word(" bud", 1, 2)))
    >>> new = Segment(0, 2, "S1", (Word(" the", 0, 1), Word(" budget.", 1, 2)))
    >>> [(part.kind.value, part.before, part.after) for part in compare([old], [new])[0].parts]
    [('equal', ' The', ' the'), ('replaced', ' bud', ' budget.')]
    """
    old = [word for segment in before for word in segment.words]
    new = [word for segment in after for word in segment.words]
    parts: list[list[DiffPart]] = [[] for _ in after]
    owners = [place for place, segment in enumerate(after) for _ in segment.words]
    reached = 0
    for change in _changes(old, new):
        for place, part in _by_segment(change, owners, reached):
            parts[place].append(part)
        reached += len(change.after)
    speakers = _Speakers(before)
    return tuple(
        _described(tuple(found), segment, speakers)
        for found, segment in zip(parts, after, strict=True)
    )


def _described(parts: tuple[DiffPart, ...], segment: Segment, speakers: _Speakers) -> SegmentChange:
    earlier = speakers.of(segment.start, segment.end)
    changed = earlier is not None and earlier != segment.speaker
    return SegmentChange(parts, earlier, changed)


def _by_segment(change: _Change, owners: list[int], first: int) -> Iterator[tuple[int, DiffPart]]:
    """The change split at segment borders; removed words belong to the segment at their place."""
    if not owners:
        return
    if not change.after:
        place = owners[min(first, len(owners) - 1)]
        yield place, DiffPart(change.kind, joined(change.before), "")
        return
    last = first + len(change.after)
    for place in range(owners[first], owners[last - 1] + 1):
        mine = [index for index in range(first, last) if owners[index] == place]
        if not mine:
            continue
        after = change.after[mine[0] - first : mine[-1] + 1 - first]
        before = change.before
        if change.kind is DiffKind.EQUAL:
            before = change.before[mine[0] - first : mine[-1] + 1 - first]
        elif mine[0] != first:
            before = ()
        yield place, DiffPart(change.kind, joined(before), joined(after))


def joined(words: Sequence[Word]) -> str:
    """The words as text, with the space before the first one."""
    return "".join(word.text for word in words)


def _changes(old: list[Word], new: list[Word]) -> Iterator[_Change]:
    for left, right in _blocks(old, new):
        matcher = difflib.SequenceMatcher(
            None, [key(word) for word in left], [key(word) for word in right], autojunk=False
        )
        for tag, i, j, k, m in matcher.get_opcodes():
            yield _Change(_KINDS[tag], tuple(left[i:j]), tuple(right[k:m]))


_KINDS = {
    "equal": DiffKind.EQUAL,
    "insert": DiffKind.INSERTED,
    "delete": DiffKind.REMOVED,
    "replace": DiffKind.REPLACED,
}


def _blocks(old: list[Word], new: list[Word]) -> Iterator[tuple[list[Word], list[Word]]]:
    """Both word lists cut about once a minute, at a pause of the new one."""
    begin, old_from, new_from = 0.0, 0, 0
    middles = [(word.start + word.end) / 2 for word in old]
    for index, word in enumerate(new):
        if word.start - begin < BLOCK_S or word.start - new[index - 1].end < 0.2:
            continue
        old_to = max(old_from, bisect.bisect_left(middles, word.start))
        yield old[old_from:old_to], new[new_from:index]
        begin, old_from, new_from = word.start, old_to, index
    yield old[old_from:], new[new_from:]


def key(word: Word) -> str:
    """A word's key for comparison: folded, without punctuation; a lone sign is kept.

    >>> key(Word(" Don't,", 0, 1)), key(Word(" —", 0, 1))
    ('dont', '—')
    """
    text = unicodedata.normalize("NFKC", word.text).casefold().strip()
    return "".join(sign for sign in text if sign.isalnum()) or text


class _Speakers:
    """Looks up which speaker of the given segments spoke most in a stretch of time."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = sorted(segments, key=lambda segment: segment.start)
        self._starts = [segment.start for segment in self._segments]
        self._longest = max((s.end - s.start for s in self._segments), default=0.0)

    def of(self, start: float, end: float) -> str | None:
        """Label of the speaker with most time in it; None where no known speaker has any."""
        first = bisect.bisect_left(self._starts, start - self._longest)
        last = bisect.bisect_left(self._starts, end)
        seconds: dict[str, float] = {}
        for segment in self._segments[first:last]:
            shared = min(end, segment.end) - max(start, segment.start)
            if shared > 0 and segment.speaker is not None:
                seconds[segment.speaker] = seconds.get(segment.speaker, 0.0) + shared
        return max(seconds, key=lambda label: seconds[label], default=None)

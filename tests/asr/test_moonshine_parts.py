"""Moonshine's graph, vocabulary, alignment, drafts and greedy decoding, without any weight."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from meetcore.asr.moonshine.alignment import first_frames, token_times
from meetcore.asr.moonshine.decoder import Generated, MoonshineModel
from meetcore.asr.moonshine.drafts import Drafts
from meetcore.asr.moonshine.onnx_graph import with_branch_outputs
from meetcore.asr.moonshine.vocabulary import END, MoonshineTokens
from tests.asr.onnx_messages import field, submessages, varint

NAMES = ["/a/Softmax_output_0", "x" * 300]


def merged_decoder() -> bytes:
    """A model of one If node with two branches, each with one output of its own."""
    branches = b"".join(
        field(5, field(1, name) + field(6, field(1, b"a node") + field(12, field(1, b"logits"))))
        for name in (b"else_branch", b"then_branch")
    )
    node = field(1, b"use_cache") + field(2, b"logits") + field(4, b"If") + branches
    graph = field(1, node) + field(5, b"\x08\x96\x01" * 200) + field(12, field(1, b"logits"))
    return varint(1 << 3) + varint(10) + field(7, graph) + field(2, b"made by a test")


def test_outputs_are_added_to_graph_node_and_branches_and_nothing_else_changes() -> None:
    before = merged_decoder()
    after = with_branch_outputs(before, NAMES)
    wanted = [b"logits", *(name.encode() for name in NAMES)]
    assert list(submessages(after, 7, 12, 1)) == wanted
    assert list(submessages(after, 7, 1, 2)) == wanted
    assert list(submessages(after, 7, 1, 5, 6, 12, 1)) == [*wanted, *wanted]
    assert with_branch_outputs(before, []) == before
    for path in ((2,), (7, 5), (7, 1, 1), (7, 1, 4), (7, 1, 5, 1), (7, 1, 5, 6, 1)):
        assert list(submessages(after, *path)) == list(submessages(before, *path))


@given(st.integers(1, 1000))
def test_a_file_that_breaks_off_is_refused_or_still_whole(removed: int) -> None:
    """A message may end after any field; anything else is a ValueError, never another error."""
    whole = merged_decoder()
    part = whole[: -min(removed, len(whole) - 1)]
    try:
        changed = with_branch_outputs(part, NAMES)
    except ValueError:
        return
    assert changed.startswith(part[:2])


@pytest.mark.parametrize("content", [b"<html>not found</html>", b"\xff" * 30, b"\x0f\x01"])
def test_another_file_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"ends in the middle|no ONNX file"):
        with_branch_outputs(content, NAMES)


PIECES = [
    "<unk>", "<s>", "</s>", "<0xE2>", "<0x82>", "<0xAC>",
    "\u2581", "\u2581Oh", ",", "\u2581hel", "lo", "?", "\u2581don", "'", "t", ".",
    "\u25812", ":", "0",
]  # fmt: skip


@pytest.fixture
def vocabulary(tmp_path: Path) -> MoonshineTokens:
    vocab = {piece: token for token, piece in enumerate(PIECES)}
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"model": {"vocab": vocab}}), encoding="utf-8")
    return MoonshineTokens(path)


def ids(*pieces: str) -> list[int]:
    return [PIECES.index(piece) for piece in pieces]


@pytest.mark.parametrize(
    ("pieces", "texts"),
    [
        (("\u2581Oh", ",", "\u2581hel", "lo", "?"), [" Oh", ",", " hello", "?"]),
        (("\u2581don", "'", "t", "."), [" don't", "."]),
        (("\u25812", ":", "0", "0", "?", "."), [" 2:00", "?", "."]),
        (("\u2581", "<0xE2>", "<0x82>", "<0xAC>", "0"), [" €0"]),
        (("lo", "\u2581Oh"), ["lo", " Oh"]),
        ((".", "\u2581Oh"), [".", " Oh"]),
        (("<0xE2>",), ["\ufffd"]),
        ((), []),
    ],
)
def test_tokens_become_words_with_their_closing_marks_apart(
    vocabulary: MoonshineTokens, pieces: Sequence[str], texts: list[str]
) -> None:
    found, groups = vocabulary.split(ids(*pieces), "en")
    assert found == texts
    assert [token for group in groups for token in group] == ids(*pieces)


SCORES = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 4), st.integers(1, 7)),
    elements=st.integers(-5, 5).map(float),
)


@given(SCORES)
def test_rows_start_where_the_sum_of_their_scores_is_largest(scores: np.ndarray[Any, Any]) -> None:
    n_rows, n_frames = scores.shape

    def total(starts: Sequence[int]) -> float:
        ends = [*starts[1:], n_frames]
        spans = enumerate(zip(starts, ends, strict=True))
        return float(sum(scores[row, a:b].sum() for row, (a, b) in spans))

    found = [int(frame) for frame in first_frames(scores)]
    assert found == sorted(found)
    possible = itertools.combinations_with_replacement(range(n_frames + 1), n_rows)
    assert total(found) == max(map(total, possible))


def test_times_follow_the_attention_and_stay_in_the_audio() -> None:
    attention = np.full((2, 3, 50), 0.001, dtype=np.float32)
    attention[:, 0, 10:20] = attention[:, 1, 20:35] = attention[:, 2, 35:] = 0.1
    times = token_times(attention, np.array([0.5, 0.25]), 1.2)
    hop = 384 / 16_000
    # The middle of a frame lies 28 ms, half of what it is computed from, after its first sample.
    starts = [frame * hop + 0.016 for frame in (10, 20, 35)]
    assert times.starts == pytest.approx(starts, abs=1e-4)
    assert times.probabilities == (0.5, 0.25)
    cut = token_times(attention[:, :2], np.array([0.5, 0.25]), 0.4)
    assert cut.starts == pytest.approx((starts[0], 0.4, 0.4), abs=1e-4)


def test_the_decode_before_is_a_draft_for_what_follows_the_prefix() -> None:
    drafts = Drafts()
    assert drafts.after([]) == drafts.after([3]) == ()
    drafts.put([], [4, 5, 6])
    assert drafts.after([]) == (4, 5, 6)
    assert drafts.after([4]) == (5, 6)
    assert drafts.after([4, 5, 6]) == drafts.after([4, 6]) == ()
    drafts.put([4], [5, 6, 7])
    assert drafts.after([5, 6]) == (7,), "the window lost its first word"
    assert drafts.after([]) == (), "a new window"


class ScriptedSession:
    """A decoder that writes a text of tokens one after the other, then the end, over and over.

    Each call's inputs are kept. Caches hold the tokens, so that a wrong cache shows.
    """

    WIDTH, HEADS, FRAMES, VOCABULARY = 3, 8, 5, 40

    def __init__(self, script: Sequence[int]) -> None:
        self.script = list(script)
        self.lengths: list[int] = []

    def run(self, wanted: Sequence[str], inputs: dict[str, Any]) -> list[Any]:
        tokens = [int(token) for token in inputs["input_ids"][0]]
        self.lengths.append(len(tokens))
        past: list[int] = []
        if inputs["use_cache_branch"][0]:
            held = inputs["past_key_values.0.decoder.key"]
            assert all((value == held).all() for name, value in inputs.items() if "decoder" in name)
            past = [int(token) for token in held[0, 0, :, 0]]
            assert inputs["past_key_values.0.encoder.key"].shape[2] == self.FRAMES
        read = [*past, *tokens]
        scores = np.zeros((1, len(tokens), self.VOCABULARY), dtype=np.float32)
        for row in range(len(tokens)):
            scores[0, row, self._next(read[: len(past) + row + 1])] = 9.0
            scores[0, row, self.VOCABULARY - 1] = 20.0  # a control token
        shape = (1, self.HEADS, len(read), self.WIDTH)
        own = np.broadcast_to(np.asarray(read, np.float32)[None, None, :, None], shape).copy()
        cross = np.zeros((1, self.HEADS, self.FRAMES, self.WIDTH), dtype=np.float32)
        attention = np.zeros((1, self.HEADS, len(tokens), self.FRAMES), dtype=np.float32)
        attention += np.asarray(tokens, np.float32)[None, None, :, None]
        made = {"logits": scores}
        return [
            made.get(name, own if "decoder.key" in name or "decoder.value" in name else cross)
            if "Softmax" not in name
            else attention
            for name in wanted
        ]

    def _next(self, read: Sequence[int]) -> int:
        """What follows the start and some tokens: the script's next, if they are its first."""
        text = list(read[1:])
        if text == self.script[: len(text)] and len(text) < len(self.script):
            return self.script[len(text)]
        return END


def decoded(
    script: Sequence[int], prefix: Sequence[int], draft: Sequence[int], cap: int = 30
) -> tuple[Generated, list[int]]:
    """What the model generates on a scripted decoder, and the tokens of each pass."""
    model = MoonshineModel.__new__(MoonshineModel)
    session = ScriptedSession(script)
    model._decoder = session
    model._n_text_tokens = ScriptedSession.VOCABULARY - 5
    model._own, model._cross = ["0.decoder.key", "0.decoder.value"], ["0.encoder.key"]
    model._attention_names = ["/model/decoder/layers.0/encoder_attn/Softmax_output_0"]
    model._heads = [(0, 2), (0, 5)]
    model._empty = np.zeros((0, 8, 1, 3), dtype=np.float32)
    hidden = np.zeros((1, 5, 24), dtype=np.float32)
    return model.generate(hidden, prefix, cap, draft), session.lengths


SCRIPT = [10, 11, 12, 13, 14]


@pytest.mark.parametrize(
    ("prefix", "draft", "passes"),
    [
        ((), (), [1, 1, 1, 1, 1, 1]),
        ((10, 11), (), [3, 1, 1, 1]),
        ((10, 11), (12, 13, 14), [6]),
        ((10, 11), (12, 20, 21), [6, 1, 1]),
        ((), (20, 21, 22), [4, 1, 1, 1, 1, 1]),
        ((10, 11), (12, 13, 14, 15), [7]),
        (SCRIPT, (), [6]),
    ],
)
def test_prefix_and_right_drafts_cost_one_pass_and_no_draft_changes_the_text(
    prefix: Sequence[int], draft: Sequence[int], passes: list[int]
) -> None:
    generated, lengths = decoded(SCRIPT, prefix, draft)
    assert generated.tokens == tuple(SCRIPT[len(prefix) :])
    assert lengths == passes
    assert not generated.capped
    # One row for each token of the text and one for its end, made when the token before was read.
    assert [int(row) for row in generated.attention[0, :, 0]] == [1, *SCRIPT]
    assert generated.attention.shape == (2, 6, 5)
    assert len(generated.log_probabilities) == len(generated.tokens) + 1


@given(st.lists(st.integers(3, 6), max_size=8), st.integers(0, 8), st.data())
def test_any_draft_gives_the_same_tokens(
    script: list[int], prefix_length: int, data: st.DataObject
) -> None:
    prefix = script[:prefix_length]
    draft = data.draw(st.lists(st.integers(3, 7), max_size=8))
    cap = data.draw(st.integers(1, 10))
    plain, _ = decoded(script, prefix, (), cap)
    drafted, _ = decoded(script, prefix, draft, cap)
    assert drafted.tokens == plain.tokens
    assert drafted.capped == plain.capped
    assert (drafted.attention == plain.attention).all()


def test_the_cap_ends_the_text() -> None:
    for draft in ((), (10, 11, 12, 13)):
        generated, _ = decoded(SCRIPT, (), draft, cap=3)
        assert generated.tokens == (10, 11, 12)
        assert generated.capped


def test_a_loop_is_noticed_long_before_the_cap() -> None:
    generated, _ = decoded([10, 11] * 100, (), (), cap=200)
    assert generated.capped
    assert len(generated.tokens) <= 32


def test_the_probability_of_no_speech_is_that_of_no_word_at_all() -> None:
    def no_speech(script: Sequence[int], prefix: Sequence[int] = ()) -> float:
        generated: Generated = decoded(script, prefix, ())[0]
        return generated.no_speech_probability

    assert no_speech([]) > 0.99
    assert no_speech(SCRIPT) < 0.01
    assert no_speech(SCRIPT, SCRIPT) < 0.01, "also when nothing follows the prefix"

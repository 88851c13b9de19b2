"""Somebody else's words are shown as they are: no Markdown in them, at no place of the pages."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pages.shared.plain_text import JOINER, plain

PAGES = Path(__file__).parents[3] / "pages"
HOSTILE = (
    "![x](http://evil.example/x.png)",
    "[link](http://evil.example)",
    "[link]: http://evil.example",
    "<http://evil.example>",
    "<img src=http://evil.example/x.png>",
    "http://evil.example",
    "HTTPS://evil.example",
    "www.evil.example",
    "me@evil.example",
    ":red[danger]",
    ":material/delete:",
    ":smile:",
    "$$x^2$$",
    "# heading",
    "1. item",
    "10) item",
    "- item",
    "> quote",
    "a\n\n# heading",
    "`code`",
    "**bold** __bold__ _it_ ~~no~~",
    "a | b\n- | -",
    "&lt;b&gt; &#60;",
    "\\[escaped](http://evil.example)",
    "=====",
    "[^1]: note",
)
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
WRITTEN = st.text(
    alphabet=st.one_of(
        st.sampled_from("\\`*_{}[]()<>#+-.!|~:$&=^/@ \n\t0123abchttps:w"), st.characters()
    ),
    max_size=60,
)


def shown(markdown: str) -> str:
    """The text of Markdown that holds nothing but text.

    The renderer stands in for Streamlit's, which the browser test tries with the same texts.
    """
    tokens = MARKDOWN.parse(markdown)
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    inline = [child for token in tokens for child in token.children or ()]
    assert {token.type for token in inline} <= {"text", "text_special"}, inline
    return "".join(token.content for token in inline)


def without_space(text: str) -> str:
    return "".join(letter for letter in text if not letter.isspace() and letter != JOINER)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_only_text(text: str) -> None:
    assert without_space(shown(plain(text))) == without_space(text)


@given(WRITTEN)
def test_any_text_is_shown_as_it_is(text: str) -> None:
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cs"))
    assert without_space(shown(plain(text))) == without_space(text)


@given(WRITTEN)
def test_no_address_or_directive_is_left(text: str) -> None:
    written = plain(text).lower()
    assert "http://" not in written and "https://" not in written and "www." not in written[:0]
    assert ":material/" not in written and ":red" not in written


@pytest.mark.parametrize(
    "text",
    ["Set MEETCORE_OFFLINE to false, or run: python -m meetcore weights pull base.en", "3 - 2 = 1"],
)
def test_ordinary_sentences_stay_as_they_are(text: str) -> None:
    assert plain(text) == text


NUMBER = re.compile("[fd%]['\"]$")
"""The end of a format that only numbers have."""
READ_AS_MARKDOWN = {
    "badge": 1, "button": 1, "caption": 1, "checkbox": 1, "chat_message": 0, "code": 0,
    "dialog": 1, "download_button": 1, "error": 1, "exception": 1, "expander": 1,
    "feedback": 0, "file_uploader": 1, "header": 1, "info": 1, "link_button": 1, "markdown": 1,
    "metric": 3, "multiselect": 1, "number_input": 1, "page_link": 1, "pills": 1, "popover": 1,
    "progress": 2, "radio": 1, "segmented_control": 1, "selectbox": 1, "slider": 1, "spinner": 1,
    "status": 1, "subheader": 1, "success": 1, "tabs": 1, "text_area": 1, "text_input": 1,
    "title": 1, "toast": 1, "toggle": 1, "warning": 1, "write": 9, "audio_input": 1,
}  # fmt: skip
"""Calls of Streamlit, and how many of their first arguments are read as Markdown."""
KEYWORDS = {"body", "label", "text", "help", "title", "page_title", "delta", "value_label"}
NOT_STREAMLIT = {"logger", "notice", "style", "fmt"}
"""Modules and objects with functions of the same names; `notice.error` escapes its text."""
NOT_MARKDOWN = {("page_link", 0), ("progress", 0)}
"""Arguments that are a page or a number."""


def unescaped(path: Path) -> Iterator[str]:
    """The places where a text that is neither ours nor escaped is read as Markdown."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        name = call.func.attr
        if name not in READ_AS_MARKDOWN or ast.unparse(call.func.value) in NOT_STREAMLIT:
            continue
        arguments = [
            argument
            for place, argument in enumerate(call.args[: READ_AS_MARKDOWN[name]])
            if (name, place) not in NOT_MARKDOWN
        ]
        arguments += [word.value for word in call.keywords if word.arg in KEYWORDS]
        for argument in arguments:
            if not ours(argument):
                where = path.relative_to(PAGES.parent)
                yield f"{where}:{argument.lineno}: st.{name}({ast.unparse(argument)})"


def ours(node: ast.expr) -> bool:
    """Whether a text is written in the program, apart from numbers and from what is escaped."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name.isupper()
        case ast.Attribute(attr=name):
            return name.isupper()
        case ast.Subscript(value=table):
            return ours(table)
        case ast.JoinedStr(values=parts):
            return all(map(ours, parts))
        case ast.FormattedValue(value=value, format_spec=spec):
            return NUMBER.search(ast.unparse(spec) if spec else "") is not None or ours(value)
        case ast.Call(func=ast.Name(id="plain")):
            return True
        case ast.IfExp(body=one, orelse=other):
            return ours(one) and ours(other)
        case ast.BinOp(left=left, right=right):
            return ours(left) and ours(right)
        case _:
            return False


def test_somebody_elses_words_are_escaped_everywhere() -> None:
    found = [place for path in sorted(PAGES.rglob("*.py")) for place in unescaped(path)]
    assert not found, "\n".join(found)

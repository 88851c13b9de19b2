"""The house rules that a parser can hold: who may import whom, and from where."""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LIBRARY = ROOT / "meetcore"
PAGES = (ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py")))
MODULES = tuple(sorted(LIBRARY.rglob("*.py")))

_BASE = {"errors", "modes", "records", "settings"}
_MODELS = _BASE | {"weights", "audio", "speech", "speakers", "transcript"}
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "modes": set(),
    "records": {"errors", "modes"},
    "settings": {"errors", "modes", "records"},
    "weights": _BASE,
    "audio": _BASE,
    "speech": _BASE | {"weights", "audio"},
    "speakers": _BASE | {"weights", "audio"},
    "transcript": _MODELS - {"transcript"},
    "troubles": {"errors"},
    "session": _MODELS | {"troubles"},
    "choice": {"errors"},
    "rungs": _MODELS | {"choice"},
    "identifier": _MODELS | {"session", "rungs"},
    "store": _BASE | {"transcript"},
    "metrics": _BASE | {"transcript"},
    "pipeline": _MODELS | {"troubles", "session", "choice", "rungs", "identifier", "store"},
    "diagnostics": _MODELS
    | {"session", "choice", "rungs", "identifier", "store", "metrics", "pipeline"},
    "commands": _MODELS
    | {"session", "choice", "rungs", "identifier", "store", "metrics", "pipeline", "diagnostics"},
    "cli": {"errors", "commands"},
    "__main__": {"cli"},
}
"""What each part of meetcore may import of the others (itself is always allowed)."""

HEAVY = {"torch", "torchaudio", "torchcodec", "whisper", "pyannote", "ctranslate2", "silero_vad"}
PEERS_OF_THE_BENCH = {"bench_peers", "bench_tokenizer"}
"""What only developers run, and what says so where its packages are missing."""
FUNCTION_LINES, MODULE_LINES = 40, 250


@dataclass(frozen=True)
class Import:
    """One imported module name, and whether importing the file imports it."""

    name: str
    line: int
    at_top: bool
    relative: bool

    @property
    def package(self) -> str:
        """The first word of the name."""
        return self.name.split(".")[0]


@functools.cache
def imports_of(path: Path) -> tuple[Import, ...]:
    """All imports in a file; those under `if TYPE_CHECKING:` don't run and count as not at top."""
    return tuple(_walk(ast.parse(path.read_text(encoding="utf-8")), at_top=True))


def _walk(node: ast.AST, at_top: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        inner = at_top and not isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
        )
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            inner = False
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, at_top, False)
        elif isinstance(child, ast.ImportFrom):
            # `from meetcore import x` imports the module meetcore.x
            names = (
                [f"meetcore.{alias.name}" for alias in child.names]
                if child.module == "meetcore"
                else [child.module or ""]
            )
            for name in names:
                yield Import(name, child.lineno, at_top, child.level > 0)
        else:
            yield from _walk(child, inner)


def part_of(path: Path) -> str:
    """The part of the library a file belongs to: its folder, or itself at the top."""
    relative = path.relative_to(LIBRARY)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def name_of(path: Path) -> str:
    """A file as tests report it."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_follow_the_arrows(path: Path) -> None:
    part = part_of(path)
    if part == "__init__":
        assert not imports_of(path)
        return
    assert part in ALLOWED, f"{part} has no place in the design"
    wrong = [
        f"line {item.line}: {item.name}"
        for item in imports_of(path)
        if item.package == "meetcore"
        and item.name.split(".")[1:2] not in ([], [part])
        and item.name.split(".")[1] not in ALLOWED[part]
    ]
    assert not wrong, f"{name_of(path)} may not import {wrong}"


def test_braces_never_import_each_other() -> None:
    for left, right in (("weights", "audio"), ("speech", "speakers"), ("store", "metrics")):
        assert right not in ALLOWED[left] and left not in ALLOWED[right]


def test_arrows_have_no_cycle() -> None:
    settled: set[str] = set()
    while open_parts := ALLOWED.keys() - settled:
        ready = {part for part in open_parts if ALLOWED[part] <= settled}
        assert ready, f"a cycle among {open_parts}"
        settled |= ready


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_outside_worlds_stay_behind_their_doors(path: Path) -> None:
    for item in imports_of(path):
        place = f"{name_of(path)}:{item.line}"
        assert item.package not in {"streamlit", "streamlit_webrtc"}, f"{place} draws"
        assert item.package != "av" or part_of(path) == "audio", f"{place}: av only in audio"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_importing_a_module_loads_no_heavy_library(path: Path) -> None:
    """A file that defines a torch network needs torch at its top; nobody may load it at theirs."""
    networks = {
        ".".join(module.relative_to(ROOT).with_suffix("").parts)
        for module in MODULES
        if any(item.at_top and item.package in HEAVY for item in imports_of(module))
    }
    loaded = [item for item in imports_of(path) if item.at_top and item.name in networks]
    assert not loaded, f"{name_of(path)} loads {loaded} at import"
    only_torch = {item.package for item in imports_of(path) if item.at_top} & HEAVY
    assert only_torch <= {"torch"}, f"{name_of(path)} loads {only_torch} at import"


@pytest.mark.parametrize("path", (*MODULES, *PAGES), ids=name_of)
def test_imports_are_absolute(path: Path) -> None:
    assert not [item for item in imports_of(path) if item.relative]


@pytest.mark.parametrize("path", (*MODULES, *PAGES), ids=name_of)
def test_errors_are_neither_guessed_around_nor_swallowed(path: Path) -> None:
    """No `hasattr` ladders; whoever catches everything raises, logs or keeps what was caught."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) != "hasattr", f"{name_of(path)}:{node.lineno}"
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node):
            told = [
                inner
                for inner in ast.walk(ast.Module(node.body, []))
                if isinstance(inner, ast.Raise)
                or (isinstance(inner, ast.Name) and inner.id in (node.name, "logger"))
            ]
            assert told, f"{name_of(path)}:{node.lineno} swallows an error"


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    kind = "BaseException" if handler.type is None else ast.unparse(handler.type)
    return kind in ("Exception", "BaseException")


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_pages_load_no_heavy_library(path: Path) -> None:
    imports = imports_of(path)
    assert not [item for item in imports if item.package in HEAVY]
    assert not [item for item in imports if item.package == "av" and item.at_top]


def test_requirements_name_what_is_imported() -> None:
    """What comes along with another package today may be gone with its next version."""
    for_all, for_peers = _named("requirements.txt"), _named("requirements-dev.txt")
    carriers = importlib.metadata.packages_distributions()
    for path in (*MODULES, *PAGES):
        for item in imports_of(path):
            if item.package in {"meetcore", "pages", *sys.stdlib_module_names}:
                continue
            found = {name.lower().replace("_", "-") for name in carriers.get(item.package, [])}
            named = for_all | for_peers if path.stem in PEERS_OF_THE_BENCH else for_all
            assert found & named, (
                f"{name_of(path)}:{item.line}: {item.package} is in no requirement"
            )


def _named(requirements: str) -> set[str]:
    text = (ROOT / requirements).read_text(encoding="utf-8")
    return {line.split("==")[0].lower() for line in text.splitlines() if "==" in line}


def test_sizes_are_reported() -> None:
    """Long modules and functions are a warning: they need a thought, not always a change."""
    for path in (*MODULES, *PAGES):
        text = path.read_text(encoding="utf-8")
        if (lines := text.count("\n")) > MODULE_LINES:
            warnings.warn(f"{name_of(path)} has {lines} lines", stacklevel=1)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    warnings.warn(f"{name_of(path)}: {node.name} has {length} lines", stacklevel=1)

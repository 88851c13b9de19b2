"""The rules of the layout that a parser can hold: who may import whom, and from where.

Each test reads every file and lists all offenders at once.
"""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIBRARY = ROOT / "meetcore"
APP = ROOT / "app.py"
PAGES = tuple(sorted((ROOT / "pages").rglob("*.py")))
MODULES = tuple(sorted(LIBRARY.rglob("*.py")))
EVERYTHING = (APP, *MODULES, *PAGES)

_BASE = {
    "errors",
    "installation",
    "text",
    "records",
    "settings",
    "plugins",
    "private_files",
    "supervised",
    "thread_counts",
}
_SOUND = _BASE | {"weights", "audio"}
_MODELS = _SOUND | {"asr", "diarization", "transcript", "models"}
_WORK = _MODELS | {"store", "profiles"}
_SERVICE = _WORK | {"live", "jobs"}
_DOORS = _SERVICE | {"service", "metrics", "diagnostics"}
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "installation": set(),
    "text": {"errors"},
    "records": {"errors"},
    "settings": {"errors", "records", "text"},
    "plugins": {"errors"},
    "private_files": set(),
    "supervised": set(),
    "thread_counts": set(),
    "weights": _BASE,
    "audio": _BASE,
    "checkpoints": set(),
    "asr": _SOUND,
    "diarization": _SOUND | {"checkpoints"},
    "transcript": _SOUND | {"asr", "diarization"},
    "models": _MODELS - {"models"},
    "store": _BASE | {"transcript"},
    "metrics": _BASE | {"transcript"},
    "profiles": _MODELS | {"store"},
    "live": _WORK,
    "jobs": _WORK,
    "service": _SERVICE,
    "diagnostics": (_DOORS | {"checkpoints"}) - {"service", "diagnostics"},
    "python_api": _SERVICE - {"store"},
    "api": _BASE | {"weights", "transcript", "diagnostics", "service"},
    "benchmarks": _DOORS,
    "cli": _DOORS | {"benchmarks"},
    "__main__": {"cli"},
}
"""What each part of meetcore may import of the others (itself is always allowed)."""
APART = (("weights", "audio"), ("asr", "diarization"), ("store", "metrics"), ("live", "jobs"))
"""Neighbours that never import each other."""

HEAVY = {"torch", "torchaudio", "torchcodec", "whisper", "pyannote", "ctranslate2", "silero_vad"}
PEERS_OF_THE_BENCH = {"peers", "peer_tokenizer"}
"""What only developers run, and what says so where its packages are missing."""
FUNCTION_LINES, LONGEST_FUNCTION_LINES, MODULE_LINES = 40, 60, 250


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

    @property
    def part(self) -> str:
        """The second word of the name, "" where there is none."""
        return (*self.name.split("."), "")[1]


@functools.cache
def imports_of(path: Path) -> tuple[Import, ...]:
    """All imports in a file; those under `if TYPE_CHECKING:` don't run and count as not at top."""
    return tuple(_walk(tree_of(path), at_top=True))


@functools.cache
def tree_of(path: Path) -> ast.Module:
    """A file, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


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
            # `from pages.shared import x` imports the module x
            names = (
                [f"{child.module}.{alias.name}" for alias in child.names]
                if child.module in ("meetcore", "pages", "pages.shared")
                else [child.module or ""]
            )
            for name in names:
                yield Import(name, child.lineno, at_top, child.level > 0)
        else:
            yield from _walk(child, inner)


def part_of(path: Path, root: Path = LIBRARY) -> str:
    """The part of the library (or of the pages) a file belongs to: its folder, or itself."""
    relative = path.relative_to(root)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def place(path: Path, line: int) -> str:
    """Where something stands, as tests report it."""
    return f"{path.relative_to(ROOT)}:{line}"


def test_imports_follow_the_arrows() -> None:
    wrong = [
        f"{place(path, item.line)}: {item.name}"
        for path in MODULES
        for item in imports_of(path)
        if item.package == "meetcore"
        and (part := part_of(path)) != "__init__"
        and item.part not in {"", part, *ALLOWED[part]}
    ]
    assert not wrong


def test_the_library_never_imports_the_pages() -> None:
    wrong = [
        place(path, item.line)
        for path in MODULES
        for item in imports_of(path)
        if item.package in {"pages", "app"}
    ]
    assert not wrong


def test_a_page_imports_what_is_shared_and_never_another_page() -> None:
    wrong = []
    for path in PAGES:
        part = part_of(path, ROOT / "pages")
        for item in imports_of(path):
            if item.package != "pages" or item.part == part or part == "navigation":
                continue
            allowed = {"shared": set(), "http": {"shared"}}.get(part, {"shared", "http"})
            if item.part not in allowed or (
                part == "http" and item.name.split(".")[2:3] != ["process"]
            ):
                wrong.append(f"{place(path, item.line)}: {item.name}")
    assert not wrong


def test_pages_reach_meetings_through_the_service_alone() -> None:
    """Only `process` opens the store; models, jobs and running meetings belong to the service."""
    opens_the_store = ROOT / "pages" / "shared" / "process.py"
    wrong = [
        f"{place(path, item.line)}: {item.name}"
        for path in (*PAGES, APP)
        for item in imports_of(path)
        if item.package == "meetcore"
        and (
            item.part in {"jobs", "live", "asr", "diarization"}
            or (item.part == "store" and path != opens_the_store)
        )
    ]
    assert not wrong


def test_neighbours_never_import_each_other() -> None:
    assert not [
        (left, right) for left, right in APART if right in ALLOWED[left] or left in ALLOWED[right]
    ]


def test_arrows_have_no_cycle() -> None:
    settled: set[str] = set()
    while open_parts := ALLOWED.keys() - settled:
        ready = {part for part in open_parts if ALLOWED[part] <= settled}
        assert ready, f"a cycle among {open_parts}"
        settled |= ready


def test_outside_worlds_stay_behind_their_doors() -> None:
    """The library draws nothing, and files and frames are decoded in audio alone."""
    wrong = [
        f"{place(path, item.line)}: {item.package}"
        for path in MODULES
        for item in imports_of(path)
        if item.package in {"streamlit", "streamlit_webrtc"}
        or (item.package == "av" and part_of(path) != "audio")
    ]
    assert not wrong


def test_importing_a_module_loads_no_heavy_library() -> None:
    """A file that defines a torch network needs torch at its top; nobody may load it at theirs."""
    networks = {
        ".".join(module.relative_to(ROOT).with_suffix("").parts)
        for module in MODULES
        if any(item.at_top and item.package in HEAVY for item in imports_of(module))
    }
    wrong = [
        f"{place(path, item.line)}: {item.name}"
        for path in EVERYTHING
        for item in imports_of(path)
        if item.at_top
        and (
            item.name in networks
            or item.package in HEAVY - {"torch"}
            or (item.package == "torch" and path not in MODULES)
        )
    ]
    assert not wrong
    assert not [path for path in PAGES for item in imports_of(path) if item.package in HEAVY]


def test_imports_are_absolute() -> None:
    assert not [
        place(path, item.line) for path in EVERYTHING for item in imports_of(path) if item.relative
    ]


def test_errors_are_neither_guessed_around_nor_swallowed() -> None:
    """No `hasattr` ladders; whoever catches everything raises, logs or keeps what was caught."""
    wrong = []
    for path in EVERYTHING:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "hasattr":
                wrong.append(f"{place(path, node.lineno)} guesses")
            if isinstance(node, ast.ExceptHandler) and _catches_everything(node):
                kept = [
                    inner
                    for inner in ast.walk(ast.Module(node.body, []))
                    if isinstance(inner, ast.Raise)
                    or (isinstance(inner, ast.Name) and inner.id in (node.name, "logger"))
                ]
                if not kept:
                    wrong.append(f"{place(path, node.lineno)} swallows an error")
    assert not wrong


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    kind = "BaseException" if handler.type is None else ast.unparse(handler.type)
    return kind in ("Exception", "BaseException")


def test_requirements_name_what_is_imported() -> None:
    """What comes along with another package today may be gone with its next version."""
    for_all, for_peers = _named("requirements.txt"), _named("requirements-dev.txt")
    carriers = importlib.metadata.packages_distributions()
    wrong = []
    for path in EVERYTHING:
        for item in imports_of(path):
            if item.package in {"meetcore", "pages", *sys.stdlib_module_names}:
                continue
            found = {name.lower().replace("_", "-") for name in carriers.get(item.package, [])}
            named = for_all | for_peers if path.stem in PEERS_OF_THE_BENCH else for_all
            if not found & named:
                wrong.append(f"{place(path, item.line)}: {item.package}")
    assert not wrong


def _named(requirements: str) -> set[str]:
    text = (ROOT / requirements).read_text(encoding="utf-8")
    return {line.split("==")[0].lower() for line in text.splitlines() if "==" in line}


def test_sizes_are_reported() -> None:
    """Long modules and functions are a warning; a function past LONGEST_FUNCTION_LINES fails."""
    too_long = []
    for path in EVERYTHING:
        if (lines := path.read_text(encoding="utf-8").count("\n")) > MODULE_LINES:
            warnings.warn(f"{path.relative_to(ROOT)} has {lines} lines", stacklevel=1)
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION_LINES:
                    too_long.append(f"{place(path, node.lineno)}: {length} lines")
                elif length > FUNCTION_LINES:
                    warnings.warn(f"{place(path, node.lineno)}: {length} lines", stacklevel=1)
    assert not too_long

"""Write what the app runs with, a CycloneDX bill of materials, to dist/ or the file that is given.

The environment is read by cyclonedx-py. What only tests and docs need is left out; the hashes of
constraints.txt and the weights of the catalogue are added.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation import make_schemabased_validator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from meetcore import __version__  # noqa: E402
from meetcore.weights.catalogue import Weight, load_catalogue  # noqa: E402

DEFAULT = ROOT / "dist" / f"meetcore-{__version__}.cdx.json"


def main() -> None:
    """Write the file; exits with a sentence when it does not fit the schema."""
    bill = environment()
    names = needed()
    hashes = pinned_hashes()
    kept = [each for each in bill["components"] if canonicalize_name(each["name"]) in names]
    for each in kept:
        each["hashes"] = hashes[canonicalize_name(each["name"])]
    refs = {each["bom-ref"] for each in kept}
    weights = [component(weight) for weight in load_catalogue().weights.values()]
    root = bill["metadata"]["component"]
    root["version"] = __version__
    direct = [each for each in kept if canonicalize_name(each["name"]) in set(requirements())]
    bill["components"] = kept + weights
    bill["dependencies"] = [
        {**each, "dependsOn": [ref for ref in each.get("dependsOn", []) if ref in refs]}
        for each in bill["dependencies"]
        if each["ref"] in refs
    ]
    depends_on = [each["bom-ref"] for each in direct + weights]
    bill["dependencies"].append({"ref": root["bom-ref"], "dependsOn": depends_on})
    text = json.dumps(bill, indent=1)
    validator = make_schemabased_validator(OutputFormat.JSON, SchemaVersion.V1_6)
    if wrong := validator.validate_str(text):
        sys.exit(f"The bill of materials does not fit CycloneDX 1.6: {wrong}")
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{path.name}: {len(kept)} packages, {len(weights)} weights\n")


def environment() -> dict[str, Any]:
    """The bill of all that is installed here."""
    tool = Path(sys.executable).with_name("cyclonedx-py")
    done = subprocess.run(
        [
            *(tool, "environment", "--output-reproducible", "--sv", "1.6"),
            *("--pyproject", ROOT / "pyproject.toml", sys.executable),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    bill: dict[str, Any] = json.loads(done.stdout)
    return bill


def requirements() -> Iterator[str]:
    """The normalized names in requirements.txt."""
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#-":
            yield canonicalize_name(Requirement(line).name)


def needed() -> set[str]:
    """Those of requirements.txt and what they need, without extras that were not asked for."""
    found: set[str] = set()
    waiting = [(name, frozenset({""})) for name in requirements()]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = asked = waiting.pop()
        if asked in seen:
            continue
        seen.add(asked)
        found.add(name)
        for text in metadata.distribution(name).requires or []:
            one = Requirement(text)
            if any(one.marker is None or one.marker.evaluate({"extra": each}) for each in extras):
                waiting.append((canonicalize_name(one.name), frozenset({"", *one.extras})))
    return found


def pinned_hashes() -> dict[str, list[dict[str, str]]]:
    """The sha256 of each pinned package's files, by its normalized name."""
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    found = re.findall(r"^([\w.-]+)==\S+ \\\n((?: +--hash=.*\n)+)", text, re.MULTILINE)
    return {
        canonicalize_name(name): [
            {"alg": "SHA-256", "content": value} for value in re.findall(r"sha256:(\w+)", lines)
        ]
        for name, lines in found
    }


def component(weight: Weight) -> dict[str, Any]:
    """A weight of the catalogue as a component, its files inside it."""
    ref = f"weight:{weight.name}"
    files = [
        {
            "type": "file",
            "name": each.name,
            "bom-ref": f"{ref}/{each.name}",
            "hashes": [{"alg": "SHA-256", "content": each.sha256}],
        }
        for each in weight.files
    ]
    return {
        "type": "machine-learning-model",
        "bom-ref": ref,
        "name": weight.name,
        "description": weight.summary,
        "publisher": weight.publisher,
        "licenses": [{"license": {"id": weight.licence}}],
        "components": files,
    }


if __name__ == "__main__":
    main()

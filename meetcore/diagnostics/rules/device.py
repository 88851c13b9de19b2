"""Rules about the graphics card, and the libraries that would use it."""

from __future__ import annotations

from meetcore.diagnostics.facts.installed import release
from meetcore.diagnostics.facts.records import Facts
from meetcore.diagnostics.findings import Area
from meetcore.diagnostics.rules.rule import Rule, Seen, amber, fine, harmless, red
from meetcore.installation import PIP_INSTALL, REINSTALL

CUDNN = ("nvidia-cudnn-cu11", "nvidia-cudnn-cu12", "nvidia-cudnn-cu13")


def _unused_card(facts: Facts) -> Seen | None:
    if facts.torch is None or not facts.accelerator.driver:
        return None
    if facts.torch.cuda is None:
        return amber(
            f"A graphics card with driver {facts.accelerator.driver} is here, but torch"
            f" {facts.torch.version} was built for the CPU only."
        )
    return fine(f"torch was built for CUDA {facts.torch.cuda}.")


def _no_card(facts: Facts) -> Seen | None:
    if facts.torch is None or facts.accelerator.driver:
        return None
    if facts.settings is not None and facts.settings.device == "cuda":
        return red("MEETCORE_DEVICE=cuda, but there is no NVIDIA driver here.", "words")
    if facts.torch.cuda is None:
        return fine("No graphics card, and torch is built for the CPU.")
    return harmless(f"torch was built for CUDA {facts.torch.cuda}; there is no graphics card.")


def _cudnn(facts: Facts) -> Seen | None:
    """CTranslate2 4.5 went from cuDNN 8 to 9, and its wheels name the cuBLAS they load."""
    version = facts.version("ctranslate2")
    if version is None or not facts.accelerator.driver:
        return None
    if facts.settings is not None and facts.settings.device == "cpu":
        return None
    cudnn = next(filter(None, map(facts.version, CUDNN)), None)
    wanted = 9 if release(version) >= (4, 5) else 8
    if cudnn is not None and release(cudnn)[0] != wanted:
        return amber(f"ctranslate2 {version} wants cuDNN {wanted}; cuDNN {cudnn} is installed.")
    if facts.accelerator.missing:
        missing = ", ".join(facts.accelerator.missing)
        return amber(f"ctranslate2 {version} wants {missing}, which is nowhere here.")
    return fine(f"ctranslate2 {version} finds its CUDA libraries.")


DEVICE_RULES = (
    Rule(
        "cuda-unused",
        Area.DEVICE,
        "The graphics card is not used",
        symptom="Everything is slow although there is a card.",
        cause="This torch was built without CUDA.",
        command=REINSTALL + " --force-reinstall --no-deps torch torchaudio",
        source="https://pytorch.org/get-started/locally/",
        look=_unused_card,
        fine="Graphics card",
        signs=(r"not compiled with CUDA enabled",),
    ),
    Rule(
        "cuda-absent",
        Area.DEVICE,
        "No graphics card",
        symptom="AssertionError: Found no NVIDIA driver on your system.",
        cause="The CUDA build of torch works on the CPU too; it only takes room on the disk.",
        command="MEETCORE_DEVICE=auto",
        source="https://pytorch.org/get-started/locally/",
        look=_no_card,
        fine="Processor",
        signs=(r"no NVIDIA driver", r"No CUDA GPUs are available", r"cannot run on \w+ \("),
    ),
    Rule(
        "ctranslate2-cuda",
        Area.DEVICE,
        "CTranslate2 cannot use the graphics card",
        symptom="Library libcublas.so.12 is not found, or Unable to load any of {libcudnn_ops…}",
        cause="CTranslate2 loads the cuBLAS and cuDNN of the CUDA release it was built for, not"
        " torch's. openai-whisper stands in with the same weights.",
        command=f"{PIP_INSTALL} nvidia-cublas-cu12 'nvidia-cudnn-cu12>=9,<10'",
        advice="Or set MEETCORE_DEVICE=cpu.",
        source="https://github.com/SYSTRAN/faster-whisper/issues/1080",
        look=_cudnn,
        fine="CTranslate2 and CUDA",
        signs=(r"libcublas", r"libcudnn", r"cudnn", r"CTranslate2 could not load"),
    ),
)

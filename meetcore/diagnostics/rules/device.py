"""Rules about the graphics card (GPU) and the libraries that use it."""

from __future__ import annotations

from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.facts.installed import release
from meetcore.diagnostics.findings import Area
from meetcore.diagnostics.rules.rule import Outcome, Rule, amber, fine, harmless, red
from meetcore.installation import PIP_INSTALL, REINSTALL

CUDNN_PACKAGES = ("nvidia-cudnn-cu11", "nvidia-cudnn-cu12", "nvidia-cudnn-cu13")


def _cuda_unused(facts: Facts) -> Outcome | None:
    if facts.torch is None or not facts.accelerator.driver:
        return None
    if facts.torch.cuda is None:
        return amber(
            f"This machine has a graphics card (driver {facts.accelerator.driver}), but torch"
            f" {facts.torch.version} was built for the CPU only."
        )
    return fine(f"torch was built for CUDA {facts.torch.cuda}.")


def _cuda_absent(facts: Facts) -> Outcome | None:
    if facts.torch is None or facts.accelerator.driver:
        return None
    if facts.settings is not None and facts.settings.device == "cuda":
        return red("MEETCORE_DEVICE=cuda is set, but there is no NVIDIA driver.", "words")
    if facts.torch.cuda is None:
        return fine("No graphics card, and torch is built for the CPU.")
    return harmless(f"torch was built for CUDA {facts.torch.cuda}; there is no graphics card.")


def _ctranslate2_cuda(facts: Facts) -> Outcome | None:
    """CTranslate2 needs cuDNN 9 since 4.5, cuDNN 8 before; its wheels name the cuBLAS they load."""
    version = facts.version("ctranslate2")
    if version is None or not facts.accelerator.driver:
        return None
    if facts.settings is not None and facts.settings.device == "cpu":
        return None
    cudnn = next(filter(None, map(facts.version, CUDNN_PACKAGES)), None)
    wanted = 9 if release(version) >= (4, 5) else 8
    if cudnn is not None and release(cudnn)[0] != wanted:
        return amber(f"ctranslate2 {version} needs cuDNN {wanted}; cuDNN {cudnn} is installed.")
    if facts.accelerator.missing:
        missing = ", ".join(facts.accelerator.missing)
        return amber(f"ctranslate2 {version} needs {missing}, which is not installed.")
    return fine(f"ctranslate2 {version} finds its CUDA libraries.")


DEVICE_RULES = (
    Rule(
        id="cuda-unused",
        area=Area.DEVICE,
        title="The graphics card is not used",
        symptom="Transcription is slow although there is a graphics card.",
        cause="The installed torch was built without CUDA.",
        command=REINSTALL + " --force-reinstall --no-deps torch torchaudio",
        source="https://pytorch.org/get-started/locally/",
        check=_cuda_unused,
        title_if_fine="Graphics card",
        message_patterns=(r"not compiled with CUDA enabled",),
    ),
    Rule(
        id="cuda-absent",
        area=Area.DEVICE,
        title="No graphics card",
        symptom="AssertionError: Found no NVIDIA driver on your system.",
        cause="The CUDA build of torch runs on the CPU too; it only takes more disk space.",
        command="export MEETCORE_DEVICE=auto",
        source="https://pytorch.org/get-started/locally/",
        check=_cuda_absent,
        title_if_fine="Processor",
        message_patterns=(
            r"no NVIDIA driver",
            r"No CUDA GPUs are available",
            r"cannot run on \w+ \(",
        ),
    ),
    Rule(
        id="ctranslate2-cuda",
        area=Area.DEVICE,
        title="CTranslate2 cannot use the graphics card",
        symptom="Library libcublas.so.12 is not found, or Unable to load any of {libcudnn_ops…}",
        cause="CTranslate2 needs cuBLAS and cuDNN of the CUDA release it was built for, which may"
        " differ from torch's. openai-whisper runs the same weights meanwhile.",
        command=f"{PIP_INSTALL} nvidia-cublas-cu12 'nvidia-cudnn-cu12>=9,<10'",
        advice="Or set MEETCORE_DEVICE=cpu.",
        source="https://github.com/SYSTRAN/faster-whisper/issues/1080",
        check=_ctranslate2_cuda,
        title_if_fine="CTranslate2 and CUDA",
        message_patterns=(r"libcublas", r"libcudnn", r"cudnn", r"CTranslate2 could not load"),
    ),
)

"""Every rule, on facts with its problem and on error messages that it explains."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from meetcore import errors
from meetcore.checkpoints.pipeline_report import PipelineReport
from meetcore.diagnostics.diagnose import diagnose, expected_mode
from meetcore.diagnostics.facts.cuda_linkage import Accelerator, TorchBuild
from meetcore.diagnostics.facts.fact_types import (
    DatabaseFacts,
    Facts,
    FolderFacts,
    HubFacts,
    ImportTrial,
    ServerFacts,
)
from meetcore.diagnostics.findings import FileState, Finding, Verdict
from meetcore.diagnostics.rules import registry
from meetcore.diagnostics.rules.registry import RULES, explain, judge, judge_checkpoint
from meetcore.records import Mode, ModelsInUse, RungLeft
from meetcore.settings import IceServer
from meetcore.supervised import ThreadErrors
from pages.shared.microphone_faults import FAULTS
from tests.diagnostics.made_facts import (
    SPEAKER_CHECKPOINT,
    healthy,
    made_settings,
    with_checkpoint,
    with_versions,
    with_weight,
)

HUB = "pyannote/speaker-diarization-community-1"
RED, AMBER, GREEN = Verdict.RED, Verdict.AMBER, Verdict.GREEN

CARD = Accelerator(driver="570.86")
CPU_TORCH = TorchBuild("2.11.0+cpu", None, carries_cuda=False, torchaudio_wants_cuda=True)
TRIED = healthy().trials


def failing(module: str, error: str) -> Facts:
    """One library that is installed but cannot be imported."""
    return healthy(trials={**TRIED, module: ImportTrial(module, error)})


def full_disk(free_bytes: int) -> Facts:
    return healthy(folders=(FolderFacts(Path("/kept"), free_bytes),))


CASES: tuple[tuple[str, Facts, Verdict, str], ...] = (
    (
        "thread-error",
        Facts(thread_errors=(ThreadErrors("jobs", 2, "OSError", datetime.now(UTC)),)),
        Verdict.AMBER,
        "The jobs thread met an error (OSError, 2 since the start) and goes on.",
    ),
    ("missing-library", with_versions(pyannote_audio=None), RED, "pyannote-audio (speakers)"),
    ("missing-library", with_versions(openai_whisper=None), RED, "openai-whisper (words)"),
    (
        "missing-library",
        replace(with_versions(pyannote_audio=None), settings=made_settings(diarizer="off")),
        AMBER,
        "switched off",
    ),
    ("stand-in-library", with_versions(ctranslate2=None), AMBER, "openai-whisper runs the same"),
    (
        "broken-library",
        failing("pyannote.audio", "ImportError: cannot import name 'x'"),
        RED,
        "cannot import name",
    ),
    ("broken-library", failing("ctranslate2", "OSError: x"), AMBER, "openai-whisper runs"),
    (
        "untested-versions",
        with_versions(scipy="1.10.0"),
        AMBER,
        "scipy 1.10.0 (tested with 1.17.1)",
    ),
    ("python-version", healthy(python="3.13.1"), AMBER, "3.13.1"),
    ("python-version", healthy(python="3.10.2"), RED, "3.10.2"),
    ("pyannote-generation", with_versions(pyannote_audio="2.1.1"), RED, "2.1.1"),
    ("torchaudio-cuda", healthy(torch=CPU_TORCH), RED, "libc10_cuda.so"),
    (
        "torchaudio-2.9",
        with_versions(torchaudio="2.9.0", pyannote_audio="3.3.2"),
        RED,
        "torchaudio 2.9.0 with pyannote-audio 3.3.2",
    ),
    ("numpy-2", with_versions(numpy="2.0.0", pyannote_audio="3.1.1"), RED, "numpy 2.0.0"),
    ("weights-only", with_versions(torch="2.6.0", pyannote_audio="3.3.2"), RED, "torch 2.6.0"),
    ("use-auth-token", with_versions(pyannote_audio="3.4.0"), AMBER, "huggingface-hub"),
    (
        "use-auth-token",
        replace(with_versions(pyannote_audio="3.4.0"), settings=made_settings(diarizer=HUB)),
        RED,
        "huggingface-hub",
    ),
    ("torchcodec", failing("torchcodec", "RuntimeError: no FFmpeg"), GREEN, "no FFmpeg"),
    ("torchcodec", with_versions(torchcodec=None), GREEN, "not installed"),
    ("introspection", with_versions(pyannote_audio="2.1.1"), RED, "the installed 2.1.1 looks for"),
    (
        "checkpoint-generation",
        with_checkpoint("segmentation-3.0", written_by=(("pyannote.audio", "5.0.0"),)),
        RED,
        "asks for pyannote.audio 5.0.0",
    ),
    (
        "checkpoint-generation",
        replace(
            with_checkpoint("segmentation-3.0", written_by=(("pyannote.audio", "4.0.0"),)),
            versions=with_versions(pyannote_audio="3.3.2").versions,
        ),
        RED,
        "3.3.2 is installed",
    ),
    (
        "checkpoint-0.0.1",
        with_checkpoint("segmentation-3.0", written_by=(("pyannote.audio", "0.0.1"),)),
        GREEN,
        "0.0.1",
    ),
    ("weight-missing", with_weight("campplus", state=FileState.MISSING), RED, "campplus (voices)"),
    (
        "weight-missing",
        with_weight("base.en", state=FileState.MISSING),
        AMBER,
        "another weight is used",
    ),
    ("weight-corrupt", with_weight("campplus", state=FileState.CORRUPT), RED, "campplus"),
    ("weight-unreadable", healthy(weights_trouble="The cache cannot be read."), RED, "cache"),
    ("weight-given", with_weight("base.en", state=FileState.GIVEN), AMBER, "by path"),
    (
        "pipeline-refused",
        healthy(pipeline=PipelineReport(trouble="/p is not loaded: its embedding would run x. Y.")),
        RED,
        "would run x",
    ),
    (
        "pipeline-refused",
        healthy(pipeline=PipelineReport(missing=("segmentation/pytorch_model.bin",))),
        GREEN,
        "when it is loaded",
    ),
    (
        "code-in-checkpoint",
        replace(
            with_weight(
                "campplus",
                state=FileState.GIVEN,
                checkpoint=replace(SPEAKER_CHECKPOINT, code=("os.system",)),
            )
        ),
        RED,
        "os.system",
    ),
    (
        "code-in-checkpoint",
        with_weight(
            "campplus",
            state=FileState.GIVEN,
            checkpoint=replace(SPEAKER_CHECKPOINT, code=("somebody.Network",)),
        ),
        AMBER,
        "somebody.Network",
    ),
    ("half-precision", with_checkpoint("campplus", precision=("float16",)), AMBER, "float16"),
    ("half-precision", healthy(pipeline_config="params:\n  half: true\n"), AMBER, "config.yaml"),
    (
        "audio-destination",
        healthy(settings=made_settings(remote_url="http://asr.example.com/v1")),
        AMBER,
        "unencrypted",
    ),
    ("audio-destination", healthy(settings=made_settings(recognizer="remote")), AMBER, "not set"),
    ("hub-token-missing", healthy(settings=made_settings(diarizer=HUB)), AMBER, HUB),
    (
        "hub-token-malformed",
        healthy(
            settings=made_settings(diarizer=HUB), hub=HubFacts(has_token=True, well_formed=False)
        ),
        RED,
        "hf_",
    ),
    ("hub-token-malformed", healthy(hub=HubFacts(True, False)), AMBER, "hf_"),
    (
        "hub-cache",
        healthy(
            settings=made_settings(diarizer=HUB),
            hub=HubFacts(True, True, Path("/c"), "Permission denied"),
        ),
        RED,
        "Permission denied",
    ),
    ("cuda-unused", healthy(torch=CPU_TORCH, accelerator=CARD), AMBER, "570.86"),
    ("cuda-absent", healthy(), GREEN, "no graphics card"),
    ("cuda-absent", healthy(settings=made_settings(device="cuda")), RED, "MEETCORE_DEVICE=cuda"),
    (
        "ctranslate2-cuda",
        healthy(accelerator=replace(CARD, missing=("libcublas.so.12",))),
        AMBER,
        "libcublas.so.12",
    ),
    (
        "ctranslate2-cuda",
        replace(
            with_versions(nvidia_cudnn_cu13=None, nvidia_cudnn_cu12="8.9.7.29"), accelerator=CARD
        ),
        AMBER,
        "needs cuDNN 9",
    ),
    ("insecure-origin", healthy(origin="http://office:8501/diagnostics"), RED, "http from office"),
    ("open-address", healthy(server=ServerFacts("0.0.0.0")), AMBER, "0.0.0.0"),
    ("telemetry", healthy(server=ServerFacts(usage_stats=True)), AMBER, "Streamlit"),
    ("telemetry", healthy(environment={"PYANNOTE_METRICS_ENABLED": "1"}), AMBER, "pyannote"),
    ("ice-token", healthy(hub=HubFacts(has_token=True)), GREEN, "HF_TOKEN is set"),
    ("disk-space", full_disk(2 * 10**9), AMBER, "17 hours of recording"),
    ("disk-space", full_disk(10**8), RED, "100 MB"),
    (
        "folder-unwritable",
        healthy(folders=(FolderFacts(Path("/kept"), 10**12, "Permission denied"),)),
        RED,
        "/kept: Permission denied",
    ),
    ("clock", healthy(clock_trouble="The clock says 1970."), AMBER, "1970"),
    ("settings", healthy(settings=None, settings_trouble="A setting does not fit (x)."), RED, "x"),
    ("database", healthy(database=DatabaseFacts(trouble="It cannot be read.")), RED, "read"),
    (
        "database-damaged",
        healthy(database=DatabaseFacts("0002", "0002", damage="its pages are damaged")),
        RED,
        "its pages",
    ),
    ("database-behind", healthy(database=DatabaseFacts("0001", "0002")), AMBER, "0001"),
    ("database-newer", healthy(database=DatabaseFacts("0099", "0002", False)), RED, "0099"),
)

MESSAGES: tuple[tuple[str, str], ...] = (
    ("remote-server", "asr.example.com refuses the key (401); check MEETCORE_REMOTE_KEY."),
    ("missing-library", "ModuleNotFoundError: No module named 'pyannote'"),
    ("broken-library", "pyannote.audio cannot be imported (ImportError: undefined symbol: x)."),
    ("pyannote-generation", "from_pretrained() got an unexpected keyword argument 'token'"),
    (
        "torchaudio-cuda",
        "pyannote.audio cannot be imported (OSError: libc10_cuda.so: cannot open shared object"
        " file: No such file or directory).",
    ),
    ("torchaudio-2.9", "module 'torchaudio' has no attribute 'AudioMetaData'"),
    ("torchaudio-2.9", "module 'torchaudio' has no attribute 'list_audio_backends'"),
    ("numpy-2", "AttributeError: `np.NaN` was removed in the NumPy 2.0 release."),
    ("weights-only", "_pickle.UnpicklingError: Weights only load failed. Unsupported global: X"),
    (
        "use-auth-token",
        "TypeError: hf_hub_download() got an unexpected keyword argument 'use_auth_token'",
    ),
    ("torchcodec", "torchcodec is not installed correctly so built-in audio decoding will fail."),
    ("introspection", "KeyError: 'introspection'"),
    ("checkpoint-generation", "WrongDependencyVersion: Model requires pyannote.audio ~ 5.0 but"),
    ("checkpoint-0.0.1", "Model was trained with pyannote.audio 0.0.1, yours is 3.1.1. Bad things"),
    ("weight-missing", "The weight 'tiny.en' is not in the cache, and offline is switched on."),
    ("weight-corrupt", "its pytorch_model.bin has another checksum than the catalogue's"),
    ("pipeline-refused", "/p is not loaded: its segmentation x.bin would run os.system when it is"),
    ("weight-unreadable", "x.pt is not a Whisper checkpoint (KeyError: 'dims'); name a .pt file"),
    ("weight-unreadable", "base is not a Moonshine model (ValueError: x); name a weight of the"),
    (
        "weight-language",
        "base.en writes English only, not German.",
    ),
    ("weight-language", "'xx' is no language code that Whisper knows; use en, de, es or fr."),
    ("not-a-pipeline", "/x holds no config.yaml, so it is not a pipeline folder."),
    ("hub-token-missing", "Set HF_TOKEN to a token that may read pyannote/x, or set"),
    ("hub-token-malformed", "HF_TOKEN does not begin with hf_, so it is not sent: correct it"),
    ("hub-token-scope", "The hub did not accept HF_TOKEN. Accept the conditions of"),
    ("hub-gated", "pyannote/x is gated and this account has not been let in."),
    ("hub-gated", "'NoneType' object has no attribute 'eval'"),
    ("hub-gated", "The hub gave nothing for pyannote/x, as it does for gated pipelines."),
    ("hub-not-found", "The hub has no pyannote/x, or hides it from this account."),
    ("hub-unreachable", "The hub cannot be reached for pyannote/x. Connect to the internet"),
    ("hub-cache", "PermissionError: [Errno 13] '/x/.cache/huggingface/hub'"),
    ("cuda-unused", "AssertionError: Torch not compiled with CUDA enabled"),
    ("cuda-absent", "tiny.en cannot run on cuda (no NVIDIA driver); set MEETCORE_DEVICE=cpu."),
    ("ctranslate2-cuda", "Library libcublas.so.12 is not found or cannot be loaded"),
    ("ctranslate2-cuda", "Unable to load any of {libcudnn_ops.so.9.1.0, libcudnn_ops.so.9}"),
    (
        "foreign-name",
        "Meetcore does not answer to the name box.lan. Open it as localhost or by its IP address,"
        " or add the name to MEETCORE_ALLOWED_HOSTS and start again.",
    ),
    ("insecure-origin", FAULTS["insecure"]),
    ("microphone-refused", FAULTS["denied"]),
    ("microphone-missing", FAULTS["no-device"]),
    ("microphone-missing", FAULTS["busy"]),
    ("microphone-missing", FAULTS["gone"]),
    ("microphone-missing", FAULTS["other"]),
    ("no-webrtc", FAULTS["no-webrtc"]),
    ("no-webrtc", FAULTS["no-microphone-access"]),
    ("no-connection", "The microphone's sound does not reach Meetcore: the browser could not"),
    ("disk-space", "The recording in x refused a write (No space left on device)."),
    ("disk-space", "The file could not be saved. Check the free space on the disk."),
    ("folder-unwritable", "The recording could not be read."),
    ("model-failed", "An unexpected error came up while its words were being recognized."),
    ("folder-unwritable", "The folder of the database x cannot be made (Permission denied)."),
    ("settings", "A setting does not fit (MEETCORE_GRACE_S: must be > 0)."),
    ("out-of-memory", "The worker process was ended by SIGKILL, perhaps for lack of memory."),
    ("database", "The database x refused a write (database is locked)."),
    ("database", "The database x refused a migration (another program has locked it)."),
    ("database-damaged", "The database x refused a read (it is damaged). Run `check`."),
    (
        "database-damaged",
        "The transcript of the meeting x cannot be read: its entry in the database is damaged.",
    ),
    ("disk-space", "The upload has stopped because the disk is nearly full (1 MB free)."),
    ("database-newer", "The database x was made by a newer Meetcore (0099)."),
    ("not-media", "talk.txt is not a media file that can be read, or it is damaged at its start."),
    ("unfinished-mp4", "talk.mp4 has no index (moov): its recorder never finished it, or"),
    ("damaged-recording", "The recording in x cannot be read: its file is damaged."),
    ("longest-recording", "talk.wav is longer than 12 hours. Cut it into parts, or"),
    ("very-quiet", "The recording is very quiet (speech at -58 dB); move closer to the"),
    ("model-failed", "CTranslate2 failed on this window (x)."),
    ("model-failed", "Moonshine failed on this window (Fail)."),
    ("model-failed", "The worker process ended unexpectedly (exit status 1)."),
    ("job-stalled", "It made no progress for 30 minutes and was ended."),
    ("stand-in-library", "The engine ctranslate2 is not installed; run: pip install ctranslate2"),
)


@pytest.mark.parametrize("rule, facts, verdict, words", CASES, ids=lambda one: str(one)[:40])
def test_a_rule_finds_its_problem(rule: str, facts: Facts, verdict: Verdict, words: str) -> None:
    finding = finding_of(rule, facts)
    assert finding is not None
    assert finding.verdict is verdict and words in finding.found
    assert finding.meaning and finding.source, "the finding says why, and names a source"
    remedy = finding.command or finding.advice
    assert bool(remedy) == (verdict is not GREEN), "only a problem has a remedy"


@pytest.mark.parametrize("rule, message", MESSAGES, ids=lambda one: one[:40])
def test_a_message_is_explained_by_its_rule(rule: str, message: str) -> None:
    found = explain(message)
    assert found is not None and found.id == rule


NEEDS_NO_RULE = re.compile(
    r"was closed|is closed|Type one|Reload the page|not enrolled|names no file|Save the earlier"
    r"|Choose another microphone|Check the disk|can be kept once speakers"
    r"|update or uninstall that package"
)
"""Messages that need no explanation by a rule."""
WITHOUT_CAUSE = {
    "FormatError",
    "MeetingNotFoundError",
    "MeetingStateError",
    "EnrollmentTooShortError",
}
"""Errors of the request, not of the installation."""


def messages_of_ours() -> list[tuple[str, str]]:
    """File and text of every message that the library raises, with x for inserted values."""
    kinds = {name for name in vars(errors) if name.endswith("Error")} - WITHOUT_CAUSE
    found = []
    for path in sorted(Path(errors.__file__).parent.rglob("*.py")):
        if {"cli", "benchmarks"} & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                text = text_in(node.args[0])
                # A message of inserted values only comes from another error, which is in the list.
                if node.func.id in kinds and len(re.sub(r"\bx\b|\W", "", text)) > 5:
                    found.append((path.name, text))
    return found


def text_in(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = (text_in(one) if isinstance(one, ast.Constant) else "x" for one in node.values)
        return "".join(parts)
    return ""


@pytest.mark.parametrize("place, message", messages_of_ours())
def test_every_error_message_has_a_rule(place: str, message: str) -> None:
    assert explain(message) or NEEDS_NO_RULE.search(message), f"{place}: {message}"


def test_every_rule_is_tested_and_complete() -> None:
    tested = {case[0] for case in CASES} | {case[0] for case in MESSAGES}
    assert tested == RULES.keys()
    for rule in RULES.values():
        assert rule.symptom and rule.cause and rule.source and rule.title, rule.id


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_no_rule_finds_a_problem_on_a_healthy_machine(rule: object) -> None:
    bad = [each for each in judge(healthy()) if each.outcome.verdict is not GREEN]
    assert not [each.finding for each in bad if each.rule is rule]


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_finds_a_problem_without_facts(rule: str) -> None:
    found = finding_of(rule, Facts())
    absent = {"missing-library", "stand-in-library"}
    assert rule in absent or found is None or found.verdict is GREEN


def test_every_table_of_rules_is_registered() -> None:
    """A rule in a new file takes effect only once the registry imports its table."""
    ids = [
        keyword.value.value
        for path in Path(registry.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Rule"
        for keyword in node.keywords
        if keyword.arg == "id" and isinstance(keyword.value, ast.Constant)
    ]
    assert sorted(ids) == sorted(RULES), "each id once, each table in RULES"


def test_an_unknown_message_has_no_rule() -> None:
    assert explain("The kettle is boiling.") is None


NO_WEIGHTS = tuple(replace(each, state=FileState.MISSING) for each in healthy().weights)


@pytest.mark.parametrize(
    "facts, mode",
    [
        (healthy(), Mode.FULL),
        (with_versions(pyannote_audio=None), Mode.TRANSCRIPTION_ONLY),
        (with_versions(pyannote_audio="2.1.1"), Mode.TRANSCRIPTION_ONLY),
        (healthy(torch=CPU_TORCH), Mode.TRANSCRIPTION_ONLY),
        (healthy(settings=made_settings(diarizer="off")), Mode.TRANSCRIPTION_ONLY),
        (with_versions(openai_whisper=None), Mode.RECORDING_ONLY),
        (with_versions(torch=None), Mode.RECORDING_ONLY),
        (with_versions(ctranslate2=None), Mode.FULL),
        (with_weight("base.en", state=FileState.MISSING), Mode.FULL),
        (with_weight("campplus", state=FileState.MISSING), Mode.TRANSCRIPTION_ONLY),
        (healthy(weights=NO_WEIGHTS), Mode.RECORDING_ONLY),
    ],
)
def test_the_expected_mode(facts: Facts, mode: Mode) -> None:
    expected, why = expected_mode(judge(facts), facts)
    assert expected is mode and why


def test_a_mode_that_failed_names_the_rule_that_explains_it() -> None:
    reason = "pytorch_model.bin was saved by another generation of pyannote.audio"
    models = ModelsInUse(
        Mode.TRANSCRIPTION_ONLY, reason=reason, rungs_left=(RungLeft(Mode.FULL, reason, "pull"),)
    )
    found = diagnose(healthy(models=models))
    assert found.mode is Mode.TRANSCRIPTION_ONLY and found.loaded and found.verdict is RED
    assert found.findings[0].rule == "introspection" and reason in found.findings[0].found
    assert [rung.state.value for rung in found.rungs] == ["left", "in force", "not tried"]
    assert found.rungs[0].rule == "introspection"
    assert found.rungs[0].command == RULES["introspection"].command


def test_an_unknown_reason_is_shown_as_it_is() -> None:
    left = RungLeft(Mode.FULL, "The moon is full.", "wait")
    models = ModelsInUse(Mode.TRANSCRIPTION_ONLY, reason=left.reason, rungs_left=(left,))
    first = diagnose(healthy(models=models)).findings[0]
    assert (first.rule, first.found, first.command) == ("mode", "The moon is full.", "wait")


def test_of_several_rules_the_one_with_a_finding_is_named() -> None:
    reason = (
        "The weight 'base.en' is not in the cache, and offline is switched on. The hub cannot be"
        " reached for pyannote/x."
    )
    models = ModelsInUse(
        Mode.RECORDING_ONLY,
        reason=reason,
        rungs_left=(RungLeft(Mode.FULL, reason), RungLeft(Mode.TRANSCRIPTION_ONLY, reason)),
    )
    found = diagnose(healthy(models=models, weights=NO_WEIGHTS))
    assert [rung.rule for rung in found.rungs] == ["weight-missing", "weight-missing", ""]
    assert found.why == "The weight 'base.en' is not in the cache, and offline is switched on."
    assert reason not in found.rungs[-1].reason, "the reason is shown once"


def test_a_torchaudio_of_another_build_is_reported_once() -> None:
    error = "OSError: libc10_cuda.so: cannot open shared object file: No such file or directory"
    broken = {name: ImportTrial(name, error) for name in ("torchaudio", "pyannote.audio")}
    facts = healthy(torch=CPU_TORCH, trials={**TRIED, **broken})
    reds = [one.rule for one in diagnose(facts).findings if one.verdict is RED]
    assert reds == ["torchaudio-cuda"]


def test_a_failed_mode_is_not_reported_twice() -> None:
    reason = "KeyError: 'introspection'"
    models = ModelsInUse(
        Mode.TRANSCRIPTION_ONLY, reason=reason, rungs_left=(RungLeft(Mode.FULL, reason, ""),)
    )
    facts = replace(with_versions(pyannote_audio="2.1.1"), models=models)
    rules = [one.rule for one in diagnose(facts).findings]
    assert rules.count("introspection") == 1


def test_speakers_switched_off_are_no_problem() -> None:
    models = ModelsInUse(
        Mode.TRANSCRIPTION_ONLY,
        reason="Speakers are switched off.",
        rungs_left=(RungLeft(Mode.FULL, "Speakers are switched off.", "MEETCORE_DIARIZER=auto"),),
    )
    facts = healthy(models=models, settings=made_settings(diarizer="off"))
    assert diagnose(facts).verdict is GREEN


def test_ice_servers_in_the_settings_are_fine() -> None:
    own = made_settings(ice_servers=(IceServer(urls="turn:turn.example.org"),))
    found = finding_of("ice-token", healthy(settings=own, hub=HubFacts(has_token=True)))
    assert found is not None and "1 ICE servers" in found.found and not found.meaning


@pytest.mark.parametrize(
    "installed, rules",
    [("2.1.1", ["introspection"]), ("4.0.7", ["introspection"])],
)
def test_one_checkpoint_is_judged_by_what_is_installed(installed: str, rules: list[str]) -> None:
    found = judge_checkpoint(SPEAKER_CHECKPOINT, {"pyannote-audio": installed})
    assert [one.rule for one in found] == rules
    assert found[0].verdict is (RED if installed < "3" else GREEN)


def test_a_malicious_checkpoint_is_reported() -> None:
    malicious = replace(SPEAKER_CHECKPOINT, code=("posix.system",), has_introspection=None)
    (found,) = judge_checkpoint(malicious, {"pyannote-audio": "4.0.7"})
    assert found.rule == "code-in-checkpoint" and "posix.system" in found.found


def test_the_table_of_libraries() -> None:
    rows = {each.name: each for each in diagnose(with_versions(pyannote_audio=None)).libraries}
    assert rows["Python"].verdict is GREEN
    assert rows["pyannote-audio"].verdict is RED and rows["pyannote-audio"].installed is None
    assert rows["torch"].tested == "2.11.0" and rows["torch"].verdict is GREEN


def finding_of(rule: str, facts: Facts) -> Finding | None:
    """The finding of one rule about the facts."""
    outcome = RULES[rule].check(facts)
    return None if outcome is None else RULES[rule].finding(outcome)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Audio stays on this machine"),
        (
            {"remote_url": "https://asr.example.com/v1"},
            "is chosen are sent to asr.example.com",
        ),
        (
            {"remote_url": "http://192.168.1.5:8000/v1", "recognizer": "remote"},
            "Every recording is sent to 192.168.1.5:8000 to be transcribed",
        ),
        ({"remote_url": "http://localhost:8000"}, "sent to localhost:8000"),
    ],
)
def test_diagnostics_say_where_audio_goes(changes: dict[str, str], sentence: str) -> None:
    found = finding_of("audio-destination", healthy(settings=made_settings(**changes)))
    assert found.verdict is GREEN and sentence in found.found

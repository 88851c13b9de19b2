"""Rules about gated pipelines on the Hugging Face hub; the open weights need no hub."""

from __future__ import annotations

from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.findings import Area
from meetcore.diagnostics.rules.rule import Outcome, Rule, amber, fine, message_only, red

USE_OPEN_WEIGHTS = "export MEETCORE_DIARIZER=open"
TOKENS_PAGE = "https://huggingface.co/docs/hub/security-tokens"
GATED_PAGE = "https://huggingface.co/docs/hub/models-gated"


def _token_missing(facts: Facts) -> Outcome | None:
    if not facts.hub_pipeline:
        return None
    if not facts.hub.has_token:
        return amber(f"The settings ask for {facts.hub_pipeline}, and HF_TOKEN is not set.")
    return fine("HF_TOKEN is set.")


def _malformed(facts: Facts) -> Outcome | None:
    if not facts.hub.has_token or facts.hub.well_formed:
        return None
    found = "HF_TOKEN does not begin with hf_, or begins or ends with a blank."
    return red(found) if facts.hub_pipeline else amber(found)


def _cache(facts: Facts) -> Outcome | None:
    if not facts.hub_pipeline:
        return None
    if facts.hub.cache_trouble:
        return red(f"{facts.hub.cache_dir}: {facts.hub.cache_trouble}.")
    return fine("The hub's cache can be written.")


HUB_RULES = (
    Rule(
        id="hub-token-missing",
        area=Area.HUB,
        title="The hub needs a token",
        symptom="401 Client Error, or None instead of a pipeline.",
        cause="Only accounts that accepted their conditions can download gated pipelines, and the"
        " token identifies the account. The open weights are used meanwhile.",
        command=USE_OPEN_WEIGHTS,
        advice="Or set HF_TOKEN to a read token of your account.",
        source=TOKENS_PAGE,
        check=_token_missing,
        title_if_fine="Token",
        message_patterns=(
            r"Set HF_TOKEN",
            r"did not accept a visitor without a token",
            r"without a token",
        ),
    ),
    Rule(
        id="hub-token-malformed",
        area=Area.HUB,
        title="HF_TOKEN is not a valid token",
        symptom="401 Client Error: Unauthorized",
        cause="Tokens of the hub begin with hf_ and contain no blanks; this one is not sent.",
        advice="Copy the token again, without quotation marks or blanks, and restart Meetcore.",
        source=TOKENS_PAGE,
        check=_malformed,
        message_patterns=(r"does not begin with hf_", r"Invalid user token"),
    ),
    Rule(
        id="hub-token-scope",
        area=Area.HUB,
        title="The token may not read this pipeline",
        symptom="401 or 403 although the conditions were accepted.",
        cause="A fine-grained token reads gated repositories only with that permission; a revoked"
        " or mistyped token reads nothing.",
        advice="Create a token with “Read access to contents of all public gated repos you can"
        " access”, set HF_TOKEN to it, and restart Meetcore.",
        source=TOKENS_PAGE,
        check=message_only,
        message_patterns=(
            r"did not accept HF_TOKEN",
            r"\b401\b",
            r"fine-grained",
            r"insufficient.*scope",
        ),
    ),
    Rule(
        id="hub-gated",
        area=Area.HUB,
        title="The pipeline's conditions are not accepted",
        symptom="403 or GatedRepoError with pyannote.audio 4.x; None returned by 2.x and 3.x, and"
        " “'NoneType' object has no attribute 'eval'” after it.",
        cause="Only accounts that accepted the conditions on the pipeline's page can download it;"
        " for 3.1 also those on the page of segmentation-3.0.",
        command=USE_OPEN_WEIGHTS,
        advice="Or accept them with the account of HF_TOKEN, and restart Meetcore.",
        source=GATED_PAGE,
        check=message_only,
        message_patterns=(
            r"is gated",
            r"GatedRepoError",
            r"\b403\b",
            r"gave nothing for",
            r"'NoneType' object has no attribute '(eval|to|instantiate)'",
            r"Could not download '.*' (pipeline|model)",
        ),
    ),
    Rule(
        id="hub-not-found",
        area=Area.HUB,
        title="The hub does not have this pipeline",
        symptom="404, RepositoryNotFoundError",
        cause="The name is mistyped, or the repository is private.",
        command=USE_OPEN_WEIGHTS,
        source=GATED_PAGE,
        check=message_only,
        message_patterns=(r"The hub has no", r"RepositoryNotFoundError", r"\b404\b"),
    ),
    Rule(
        id="hub-unreachable",
        area=Area.HUB,
        title="The hub cannot be reached",
        symptom="ConnectionError, LocalEntryNotFoundError, or a long wait.",
        cause="This machine has no connection to the hub; the open weights need none.",
        command=USE_OPEN_WEIGHTS,
        source="https://huggingface.co/docs/huggingface_hub/guides/manage-cache",
        check=message_only,
        message_patterns=(
            r"The hub cannot be reached",
            r"LocalEntryNotFoundError",
            r"OfflineModeIsEnabled",
        ),
    ),
    Rule(
        id="hub-cache",
        area=Area.HUB,
        title="The hub's cache cannot be written",
        symptom="PermissionError below .cache/huggingface",
        cause="Downloads from the hub are saved there first; without it no pipeline of the hub"
        " loads.",
        advice="Correct the folder's access rights, or set HF_HOME to a folder that can be"
        " written.",
        source="https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables",
        check=_cache,
        title_if_fine="Hub cache",
        message_patterns=(r"PermissionError.*huggingface",),
    ),
)

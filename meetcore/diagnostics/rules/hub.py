"""Rules about gated pipelines on the model hub; the open weights need none of it."""

from __future__ import annotations

from meetcore.diagnostics.facts.records import Facts
from meetcore.diagnostics.findings import Area
from meetcore.diagnostics.rules.rule import Rule, Seen, amber, fine, red, unseen

OPEN = "MEETCORE_DIARIZER=open"
TOKENS = "https://huggingface.co/docs/hub/security-tokens"
GATED = "https://huggingface.co/docs/hub/models-gated"


def _token_missing(facts: Facts) -> Seen | None:
    if not facts.hub_pipeline:
        return None
    if not facts.hub.has_token:
        return amber(f"{facts.hub_pipeline} is asked for, and HF_TOKEN is not set.")
    return fine("HF_TOKEN is set.")


def _malformed(facts: Facts) -> Seen | None:
    if not facts.hub.has_token or facts.hub.well_formed:
        return None
    found = "HF_TOKEN does not begin with hf_, or has a blank at an end."
    return red(found) if facts.hub_pipeline else amber(found)


def _cache(facts: Facts) -> Seen | None:
    if not facts.hub_pipeline:
        return None
    if facts.hub.cache_trouble:
        return red(f"{facts.hub.cache_dir}: {facts.hub.cache_trouble}.")
    return fine("The hub's cache can be written.")


HUB_RULES = (
    Rule(
        "hub-token-missing",
        Area.HUB,
        "The hub wants a token",
        symptom="401 Client Error, or None instead of a pipeline.",
        cause="Gated pipelines are given only to accounts that accepted their conditions; the"
        " token says which account asks. Open weights tell speakers apart meanwhile.",
        command=OPEN,
        advice="Or set HF_TOKEN to a read token of your account.",
        source=TOKENS,
        look=_token_missing,
        fine="Token",
        signs=(r"Set HF_TOKEN", r"did not accept a visitor without a token", r"without a token"),
    ),
    Rule(
        "hub-token-malformed",
        Area.HUB,
        "The token cannot be right",
        symptom="401 Client Error: Unauthorized",
        cause="Tokens of the hub begin with hf_ and hold no blanks; this one is not sent.",
        advice="Copy the token again, without quotation marks or blanks, and start anew.",
        source=TOKENS,
        look=_malformed,
        signs=(r"does not begin with hf_", r"Invalid user token"),
    ),
    Rule(
        "hub-token-scope",
        Area.HUB,
        "The token may not read this pipeline",
        symptom="401 or 403 although the conditions were accepted.",
        cause="A fine-grained token reads gated repositories only where that right was ticked; a"
        " revoked or mistyped one reads nothing.",
        advice="Make a token with “Read access to contents of all public gated repos you can"
        " access”, set HF_TOKEN to it, and start anew.",
        source=TOKENS,
        look=unseen,
        signs=(r"did not accept HF_TOKEN", r"\b401\b", r"fine-grained", r"insufficient.*scope"),
    ),
    Rule(
        "hub-gated",
        Area.HUB,
        "The pipeline's conditions are not accepted",
        symptom="403 or GatedRepoError with pyannote.audio 4.x; None returned by 2.x and 3.x, and"
        " “'NoneType' object has no attribute 'eval'” after it.",
        cause="The publisher lets in only accounts that accepted the conditions on the pipeline's"
        " page, and for 3.1 on that of segmentation-3.0 too.",
        command=OPEN,
        advice="Or accept them with the account of HF_TOKEN, and start anew.",
        source=GATED,
        look=unseen,
        signs=(
            r"is gated",
            r"GatedRepoError",
            r"\b403\b",
            r"gave nothing for",
            r"'NoneType' object has no attribute '(eval|to|instantiate)'",
            r"Could not download '.*' (pipeline|model)",
        ),
    ),
    Rule(
        "hub-not-found",
        Area.HUB,
        "The hub does not know this pipeline",
        symptom="404, RepositoryNotFoundError",
        cause="The name is mistyped, or the repository is hidden from this account.",
        command=OPEN,
        source=GATED,
        look=unseen,
        signs=(r"The hub has no", r"RepositoryNotFoundError", r"\b404\b"),
    ),
    Rule(
        "hub-unreachable",
        Area.HUB,
        "The hub cannot be reached",
        symptom="ConnectionError, LocalEntryNotFoundError, or a long wait.",
        cause="There is no way to the hub from this machine; open weights need none.",
        command=OPEN,
        source="https://huggingface.co/docs/huggingface_hub/guides/manage-cache",
        look=unseen,
        signs=(r"The hub cannot be reached", r"LocalEntryNotFoundError", r"OfflineModeIsEnabled"),
    ),
    Rule(
        "hub-cache",
        Area.HUB,
        "The hub's cache cannot be written",
        symptom="PermissionError below .cache/huggingface",
        cause="What the hub sends is kept there first; without it nothing loads.",
        advice="Mend the folder's access rights, or set HF_HOME to a folder that can be written.",
        source="https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables",
        look=_cache,
        fine="Hub cache",
        signs=(r"PermissionError.*huggingface",),
    ),
)

"""Findings as cards: what was found, what it means, and the command that repairs it."""

from __future__ import annotations

from html import escape

import streamlit as st

from meetcore.diagnostics.findings import Diagnosis, Finding, Verdict
from meetcore.diagnostics.rules.registry import RULES
from meetcore.diagnostics.rules.rule import Rule, message_only
from pages.diagnostics import verdicts
from pages.shared import address
from pages.shared.plain_text import plain

NOT_NOW = "This is not the case here now."


def linked_rule(diagnosis: Diagnosis) -> None:
    """Draw the rule that the address names, above the other findings."""
    rule = address.asked_rule()
    if rule is None:
        return
    here = [each for each in diagnosis.findings if each.rule == rule]
    if not here and rule not in RULES:
        return
    with st.container(key="asked"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("You came here for:")
            if st.button("Show all", key="asked-close", type="tertiary", icon=":material/close:"):
                address.ask_rule(None)
                st.rerun()
        bad = [each for each in here if each.verdict is not Verdict.GREEN]
        for index, finding in enumerate(bad or here):
            if bad or rule not in RULES:
                card(finding, f"asked-{index}")
        if not bad and rule in RULES:
            rule_card(RULES[rule], "asked-rule", rule_status(RULES[rule], here))


def rule_status(rule: Rule, here: list[Finding]) -> str:
    """What is said of a rule without a bad finding."""
    if here:
        return f"Fine here now: {here[0].found}"
    return NOT_NOW if rule.check is not message_only else ""


def cards(diagnosis: Diagnosis) -> None:
    """Draw the findings that are not green; the one that `linked_rule` draws is left out."""
    skipped = address.asked_rule()
    bad = [each for each in diagnosis.findings if each.verdict is not Verdict.GREEN]
    for index, finding in enumerate(bad):
        if finding.rule != skipped:
            card(finding, str(index))
    if diagnosis.findings and not bad and not diagnosis.pending:
        st.html(
            f'<div class="meetcore-allfine">{verdicts.dot(Verdict.GREEN)}'
            "<span><b>Nothing to fix.</b> Everything that was checked is as it should be.</span>"
            "</div>"
        )


def card(finding: Finding, key: str) -> None:
    """Draw one finding."""
    with st.container(border=True, key=f"finding-{finding.verdict}-{key}", gap="small"):
        st.html(
            f'<div class="meetcore-finding" id="rule-{escape(finding.rule)}">'
            f"<h3>{verdicts.dot(finding.verdict)}<span>{escape(finding.title)}</span>"
            f'<small class="area">{escape(finding.area)}</small></h3>'
            f"<p>{escape(finding.found)}</p>{meaning(finding.meaning)}</div>"
        )
        remedy(finding.command, finding.advice, finding.source)


def meaning(text: str) -> str:
    """HTML of what a finding means."""
    return f'<p class="meaning">{escape(text)}</p>' if text else ""


def remedy(command: str, advice: str, source: str) -> None:
    """Draw the command, the advice, and the source."""
    if command:
        st.code(command, language=None, wrap_lines=True)
    advised = f"<p>{escape(advice)}</p>" if advice else ""
    if advised or source:
        st.html(f'<div class="meetcore-remedy">{advised}{verdicts.source_link(source)}</div>')


def rule_card(rule: Rule, key: str, note: str) -> None:
    """Draw a rule: its symptom, its cause and its remedy."""
    with st.container(border=True, key=f"finding-rule-{key}", gap="small"):
        noted = f'<p class="note">{escape(note)}</p>' if note else ""
        st.html(
            f'<div class="meetcore-finding" id="rule-{escape(rule.id)}">'
            f"<h3><span>{escape(rule.title)}</span>"
            f'<small class="area">{escape(rule.area)}</small></h3>{noted}'
            f'<p class="symptom">{escape(rule.symptom)}</p>{meaning(rule.cause)}</div>'
        )
        remedy(rule.command, rule.advice, rule.source)


def green_findings(diagnosis: Diagnosis) -> None:
    """Draw the green findings, folded into one line."""
    good = [each for each in diagnosis.findings if each.verdict is Verdict.GREEN]
    if not good:
        return
    lines = "".join(
        f'<li id="rule-{escape(each.rule)}">{verdicts.dot(each.verdict)}<div>'
        f"<b>{escape(each.title)}</b> <span>{escape(each.found)}</span>"
        f"{meaning(each.meaning)}{verdicts.source_link(each.source)}</div></li>"
        for each in good
    )
    with st.expander(
        plain(verdicts.count_text(len(good), Verdict.GREEN)),
        key="fine",
        icon=":material/check_circle:",
    ):
        st.html(f'<ul class="meetcore-fine">{lines}</ul>')

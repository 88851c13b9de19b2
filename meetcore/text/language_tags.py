"""Language tags of media files and the languages that they name."""

from __future__ import annotations

import re

from meetcore.text.languages import ALIASES, NAMES

_CODES = dict(
    re.findall(
        r"(\w+):(\w+)",
        """afr:af amh:am ara:ar asm:as aze:az bak:ba bel:be bul:bg ben:bn tib:bo bod:bo bre:br
bos:bs cat:ca cze:cs ces:cs wel:cy cym:cy dan:da ger:de deu:de gre:el ell:el eng:en spa:es est:et
baq:eu eus:eu per:fa fas:fa fin:fi fao:fo fre:fr fra:fr glg:gl guj:gu hau:ha haw:haw heb:he iw:he
hin:hi hrv:hr scr:hr hat:ht hun:hu arm:hy hye:hy ind:id in:id ice:is isl:is ita:it jpn:ja jav:jw
jv:jw geo:ka kat:ka kaz:kk khm:km kan:kn kor:ko lat:la ltz:lb lin:ln lao:lo lit:lt lav:lv mlg:mg
mao:mi mri:mi mac:mk mkd:mk mal:ml mon:mn mar:mr may:ms msa:ms zsm:ms mlt:mt bur:my mya:my nep:ne
dut:nl nld:nl nno:nn nor:no nob:no nb:no oci:oc pan:pa pol:pl pus:ps por:pt rum:ro ron:ro mol:ro
mo:ro rus:ru san:sa snd:sd sin:si slo:sk slk:sk slv:sl sna:sn som:so alb:sq sqi:sq srp:sr scc:sr
sun:su swe:sv swa:sw tam:ta tel:te tgk:tg tha:th tuk:tk tgl:tl fil:tl tur:tr tat:tt ukr:uk urd:ur
uzb:uz vie:vi yid:yi ji:yi yor:yo chi:zh zho:zh cmn:zh""",
    )
)
"""Three letters (ISO 639-2 B and T) and withdrawn or narrower codes, by Whisper's code."""
_UNKNOWN = {"und", "mul", "mis", "zxx", "unk", "un", "xx", "xxx", "root", "unknown", "undefined"}
_RESERVED = re.compile(r"q[a-t][a-z]")
"""For local use (ISO 639-2): no language of a known name."""
_TAG = re.compile(r"[a-z]{2,}")


def language_of_tag(tag: str | None) -> str:
    """One code for each language, however a media file names it; "" where it names none.

    >>> [language_of_tag(tag) for tag in ("ger", "deu", "DE", "de-AT", "German", "und", "gsw")]
    ['de', 'de', 'de', 'de', 'de', '', 'gsw']
    """
    found = _TAG.match((tag or "").strip().lower())
    code = found.group() if found else ""
    if code in _UNKNOWN or _RESERVED.fullmatch(code):
        return ""
    names = {name.lower(): short for short, name in NAMES.items()} | ALIASES
    return _CODES.get(code) or names.get(code) or code

"""Languages that Whisper recognizes: their English names, and which weights write them."""

from __future__ import annotations

import difflib
import re

NAMES: dict[str, str] = dict(
    re.findall(
        r"(\w+):(\w+)",
        """af:Afrikaans am:Amharic ar:Arabic as:Assamese az:Azerbaijani ba:Bashkir
be:Belarusian bg:Bulgarian bn:Bengali bo:Tibetan br:Breton bs:Bosnian ca:Catalan cs:Czech cy:Welsh
da:Danish de:German el:Greek en:English es:Spanish et:Estonian eu:Basque fa:Persian fi:Finnish
fo:Faroese fr:French gl:Galician gu:Gujarati ha:Hausa haw:Hawaiian he:Hebrew hi:Hindi hr:Croatian
ht:Haitian hu:Hungarian hy:Armenian id:Indonesian is:Icelandic it:Italian ja:Japanese jw:Javanese
ka:Georgian kk:Kazakh km:Khmer kn:Kannada ko:Korean la:Latin lb:Luxembourgish ln:Lingala lo:Lao
lt:Lithuanian lv:Latvian mg:Malagasy mi:Maori mk:Macedonian ml:Malayalam mn:Mongolian mr:Marathi
ms:Malay mt:Maltese my:Burmese ne:Nepali nl:Dutch nn:Nynorsk no:Norwegian oc:Occitan pa:Punjabi
pl:Polish ps:Pashto pt:Portuguese ro:Romanian ru:Russian sa:Sanskrit sd:Sindhi si:Sinhala sk:Slovak
sl:Slovenian sn:Shona so:Somali sq:Albanian sr:Serbian su:Sundanese sv:Swedish sw:Swahili ta:Tamil
te:Telugu tg:Tajik th:Thai tk:Turkmen tl:Tagalog tr:Turkish tt:Tatar uk:Ukrainian ur:Urdu uz:Uzbek
vi:Vietnamese yi:Yiddish yo:Yoruba zh:Chinese""",
    )
)

BY_NAME: tuple[str, ...] = tuple(sorted(NAMES, key=NAMES.__getitem__))


def name_of(code: str) -> str:
    """The language's English name; the code itself where it is not in NAMES.

    >>> name_of("de"), name_of("xx")
    ('German', 'xx')
    """
    return NAMES.get(code, code)


ALIASES = {
    "cantonese": "yue",
    "castilian": "es",
    "flemish": "nl",
    "mandarin": "zh",
    "moldavian": "ro",
    "valencian": "ca",
}
"""Other names of languages, as in openai-whisper's tokenizer.py."""
MULTILINGUAL_WEIGHT = "base"
"""The weight of the catalogue that writes all of them."""
_ENGLISH_ONLY = re.compile(r"\.en(?![^./\\-])|^moonshine-(tiny|base)$", re.IGNORECASE)


def language_code(text: str | None) -> str | None:
    """The code of a language given as code, tag or English name; None for "", "auto" and None.

    >>> language_code("DE"), language_code("German"), language_code("pt-BR"), language_code("auto")
    ('de', 'de', 'pt', None)

    Raises
    ------
    ValueError
        Whisper has no such language; the message suggests some.
    """
    wanted = (text or "").strip().lower()
    if wanted in ("", "auto"):
        return None
    names = {name.lower(): code for code, name in NAMES.items()} | ALIASES
    tag = re.split(r"[-_]", wanted)[0]
    if tag in NAMES or tag in ALIASES.values():
        return tag
    if wanted in names:
        return names[wanted]
    close = difflib.get_close_matches(wanted, names, n=1)
    hint = f"{names[close[0]]} for {close[0].title()}" if close else "en, de, es or fr"
    raise ValueError(
        f"{text!r} is no language code that Whisper knows; use {hint}, or auto to detect it."
    )


def is_english_only(weight: str) -> bool:
    """Whether a weight writes English alone, by its name or path.

    Whisper's ".en" weights do, and those of Moonshine that the catalogue has.

    >>> [is_english_only(name) for name in ("base.en", "tiny.en-ctranslate2", "base", "/a.en/b.pt")]
    [True, True, False, False]
    >>> is_english_only("moonshine-base")
    True
    """
    return _ENGLISH_ONLY.search(re.split(r"[/\\]", weight.rstrip("/"))[-1]) is not None


def is_multilingual(weight: str) -> bool:
    """Whether a weight is one of Whisper's that write all languages, by its name.

    >>> [is_multilingual(name) for name in ("base", "large-v3", "base.en", "/models/mine.pt")]
    [True, True, False, False]
    """
    return re.match(r"(tiny|base|small|medium|large|turbo)(?!\.en)", weight) is not None


def why_unspoken(language: str | None, weight: str, languages: tuple[str, ...] = ()) -> str:
    """Why a weight cannot write a language, and which one can; empty where it can or may.

    Parameters
    ----------
    languages : codes of a loaded weight; empty to judge by its name

    >>> why_unspoken("de", "base.en")
    'base.en writes English only, not German; base can: choose it, or English.'
    >>> why_unspoken("de", "base"), why_unspoken(None, "base.en")
    ('', '')
    """
    known = languages or (("en",) if is_english_only(weight) else ())
    if language is None or not known or language in known:
        return ""
    spoken = "English" if known == ("en",) else ", ".join(map(name_of, known[:4]))
    return (
        f"{weight} writes {spoken} only, not {name_of(language)}; {MULTILINGUAL_WEIGHT} can:"
        f" choose it, or {spoken}."
    )

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
MOST_CANDIDATES = 5
"""Languages that one choice may name: they fit into the column of a meeting's language."""
_BETWEEN = re.compile(r"\s*[,;/+]\s*|\s+(?:or|and)\s+")
_ENGLISH_ONLY = re.compile(r"\.en(?![^./\\-])|^moonshine-(tiny|base)$", re.IGNORECASE)


def candidates(choice: str | None) -> tuple[str, ...]:
    """The codes of a choice of languages as it is stored; empty for any language.

    >>> candidates("de,en"), candidates(None)
    (('de', 'en'), ())
    """
    return tuple(filter(None, (choice or "").split(",")))


def only_language(choice: str | None) -> str | None:
    """The code of a choice of one language; None for several or any.

    >>> only_language("de"), only_language("de,en")
    ('de', None)
    """
    codes = candidates(choice)
    return codes[0] if len(codes) == 1 else None


def names_of(choice: str | None) -> str:
    """The languages of a choice, by name; "" for any.

    >>> names_of("de,en,fr"), names_of("de"), names_of(None)
    ('German, English or French', 'German', '')
    """
    *first, last = map(name_of, candidates(choice) or ("",))
    return f"{', '.join(first)} or {last}" if first else last


def language_choice(text: str | None) -> str | None:
    """The languages that may be spoken, as codes with commas between; None for any.

    Each is given as code, tag or English name; "", "auto" and None stand for any.

    >>> language_choice("DE"), language_choice("German or English"), language_choice("pt-BR, en")
    ('de', 'de,en', 'pt,en')
    >>> language_choice("auto")

    Raises
    ------
    ValueError
        Whisper has no such language (the message suggests some), or there are too many.
    """
    if (text or "").strip().lower() in ("", "auto"):
        return None
    parts = _BETWEEN.split((text or "").strip().lower())
    codes = tuple(dict.fromkeys(_language_code(part) for part in parts if part))
    if len(codes) > MOST_CANDIDATES:
        raise ValueError(
            f"{len(codes)} languages are too many to choose from; name {MOST_CANDIDATES} at most,"
            " or auto to detect any."
        )
    return ",".join(codes) or None


def _language_code(wanted: str) -> str:
    names = {name.lower(): code for code, name in NAMES.items()} | ALIASES
    tag = re.split(r"[-_]", wanted)[0]
    if tag in NAMES or tag in ALIASES.values():
        return tag
    if wanted in names:
        return names[wanted]
    close = difflib.get_close_matches(wanted, names, n=1)
    hint = f"{names[close[0]]} for {close[0].title()}" if close else "en, de, es or fr"
    raise ValueError(
        f"{wanted!r} is no language code that Whisper knows; use {hint}, or auto to detect it."
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


def why_unspoken(choice: str | None, weight: str, languages: tuple[str, ...] = ()) -> str:
    """Why a weight cannot write the languages of a choice; empty where it can or may.

    Parameters
    ----------
    languages : codes of a loaded weight; empty to judge by its name

    >>> why_unspoken("de", "base.en"), why_unspoken("de,en", "base.en")
    ('base.en writes English only, not German.', 'base.en writes English only, not German.')
    >>> why_unspoken("de", "base"), why_unspoken(None, "base.en")
    ('', '')
    """
    known = languages or (("en",) if is_english_only(weight) else ())
    missing = [code for code in candidates(choice) if known and code not in known]
    if not missing:
        return ""
    spoken = "English" if known == ("en",) else ", ".join(map(name_of, known[:4]))
    return f"{weight} writes {spoken} only, not {names_of(','.join(missing))}."

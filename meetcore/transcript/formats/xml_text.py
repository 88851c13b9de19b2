"""Text that Office documents, which are XML, can hold."""

from __future__ import annotations

import re

from meetcore.text.lines import one_line

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold. Source: https://www.w3.org/TR/xml/#charsets."""


def xml_line(text: str) -> str:
    r"""Text on one line, without characters that XML forbids.

    >>> xml_line("a\n b\x00\uffff")
    'a b'
    """
    return one_line(NOT_XML.sub("", text))

"""What a notice may say: plain text, the same for whoever reads it and whatever shows it.

A text is stored as it is shown, so nothing is cleaned behind the officer's back: what is not its own
`sanitise`d form is refused with what was found and what to do. `render` is for pages, and is safe for
any text, one that was never validated included.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from html import escape, unescape

import nh3

_MOST_PASSES = 10
"""A text that hides markup in markup more often than this loses the signs that markup is made of."""

_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_MARKUP = re.compile(r"[<\uff1c\ufe64](?=[A-Za-z/!?])[^>\uff1e\ufe65]*[>\uff1e\ufe65]?")
"""What HTML's tokeniser takes for a tag, a comment or a declaration (WHATWG HTML 13.2.5.6), closed or not;
the wide forms of the signs too, which some systems turn into the plain ones. `a < b` and `<3` are text."""
_REFERENCE = re.compile(r"&#?[0-9A-Za-z]+;?")
_SCRIPT = "|".join(r"[\t\n]*".join(word) for word in ("javascript", "vbscript", "livescript"))
_SCHEME = re.compile(
    rf"(?:{_SCRIPT})[\t\n]*:(?=\S)"  # `JavaScript: we need it` is a sentence
    rf"|(?<=[(<\"'=])\s*(?:{_SCRIPT})\s*:"
    r"|data:(?=[a-z]+/)",  # `this data: your name` is a sentence
    re.IGNORECASE,
)

_JOINERS = "\u200c\u200d"
"""Persian, Hindi and emoji need them; between other letters they only hide that two words differ."""
_STRAY_JOINER = re.compile(rf"(?<![^\x00-\x7f{_JOINERS}])[{_JOINERS}]|[{_JOINERS}](?![^\x00-\x7f{_JOINERS}])")
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks by their category, and nothing to see."""
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs"})
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def sanitise(text: str) -> str:
    """Return `text` as plain text in Unicode's NFC with line feeds: no markup, no character references,
    no link that runs a script, no character that cannot be seen or that turns the reading direction.

    What is sanitised stays as it is: `sanitise(sanitise(text)) == sanitise(text)`.
    """
    for _ in range(_MOST_PASSES):
        cleaned = _pass(text)
        if cleaned == text:
            return text
        text = cleaned
    bare = re.sub(rf"[<\uff1c\ufe64&:{_JOINERS}]", "", text)
    return unicodedata.normalize("NFC", _seen(bare))


def text_digest(text: str) -> str:
    """Return `sha256:` and 64 hex digits over the UTF-8 bytes of `text`: it names exactly what was shown."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8')).hexdigest()}"


def render(text: str) -> str:
    """Return `text` as safe HTML: a paragraph for each block between blank lines, its line breaks kept.

    Everything is escaped, and a filter lets nothing pass but `p` and `br` without attributes.
    """
    blocks = re.split(r"\n[ \t]*(?:\n[ \t]*)+", _seen(_BREAK.sub("\n", text)))
    paragraphs = [escape(block.strip("\n")).replace("\n", "<br>") for block in blocks if block.strip()]
    html = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return nh3.clean(html, tags={"p", "br"}, attributes={}, strip_comments=True)


def find_oddities(text: str) -> Iterator[str]:
    """Yield what keeps `text` from being a notice's text, each with what to do about it.

    Nothing is yielded for a text that is its own sanitised form and says something.
    """
    found = list(_oddities(text))
    yield from found
    if not any(letter.isalnum() for letter in sanitise(text)):
        yield "found no letter to read, expected some text"
    elif not found and sanitise(text) != text:
        yield "holds markup inside markup; write plain text"


def _pass(text: str) -> str:
    plain = unicodedata.normalize("NFC", _seen(_BREAK.sub("\n", text)))
    return _SCHEME.sub("", _MARKUP.sub("", unescape(plain)))


def _seen(text: str) -> str:
    kept = "".join(letter for letter in text if not _is_unseen(letter))
    return _STRAY_JOINER.sub("", kept)


def _is_unseen(letter: str) -> bool:
    if letter in "\n\t" or letter in _JOINERS:
        return False
    is_no_character = ord(letter) & 0xFFFE == 0xFFFE or "\ufdd0" <= letter <= "\ufdef"
    return letter in _BLANKS or is_no_character or unicodedata.category(letter) in _UNSEEN


def _oddities(text: str) -> Iterator[str]:
    if strange := _BREAK.search(text):
        yield f"{_place(text, strange.start())} ends with {_named(strange[0][0])}; end lines with a line feed"
    yield from _unseen_ones(text)
    if (plain := unicodedata.normalize("NFC", text)) != text:
        start = next(n for n, pair in enumerate(zip(text, plain, strict=False)) if pair[0] != pair[1])
        yield (
            f"{_place(text, start)} holds {_named(text[start])} in a form of its own; write each letter with"
            " its accent as one character (Unicode NFC)"
        )
    if markup := _MARKUP.search(text):
        yield (
            f"{_place(text, markup.start())} holds {_shown(markup[0])}, which is markup; write plain text,"
            " and a space after a '<' that is meant as a sign"
        )
    if reference := _first_reference(text):
        yield (
            f"{_place(text, reference.start())} holds {_shown(reference[0])}, which HTML reads as"
            f" {_shown(unescape(reference[0]))}; write the character itself, or a space after the '&'"
        )
    if scheme := _SCHEME.search(text):
        yield (
            f"{_place(text, scheme.start())} holds {_shown(scheme[0].strip())}, which runs a script or stands"
            " for a page; write the address of a page, or leave out the ':'"
        )


def _unseen_ones(text: str) -> Iterator[str]:
    """Yield each kind of character that cannot be seen once, where it stands first."""
    for letter in dict.fromkeys(text):
        if _is_unseen(letter) and not _BREAK.match(letter):
            does = "turns the reading direction" if letter in _BIDI else "cannot be seen"
            yield f"{_place(text, text.index(letter))} holds {_named(letter)}, which {does}; leave it out"
    if stray := _STRAY_JOINER.search(text):
        where = _place(text, stray.start())
        yield f"{where} holds {_named(stray[0])}, which joins nothing here; leave it out"


def _first_reference(text: str) -> re.Match[str] | None:
    return next((one for one in _REFERENCE.finditer(text) if unescape(one[0]) != one[0]), None)


def _place(text: str, index: int) -> str:
    return f"line {text.count(chr(10), 0, index) + 1}"


def _named(letter: str) -> str:
    return f"U+{ord(letter):04X} {unicodedata.name(letter, 'a control character')}"


def _shown(found: str) -> str:
    return repr(found if len(found) <= 40 else f"{found[:40]}…")

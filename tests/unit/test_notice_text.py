"""The text of a notice: what is refused, and that nothing but text ever reaches a page."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from consent.policies.document import notice_text
from consent.policies.document.notice_text import find_oddities, render, sanitise, text_digest
from consent.policies.document.reading import read_yaml
from consent.policies.document.validation import validate
from consent.policies.document.writing import write_yaml
from tests.policy_documents import make_document, read_retailer, spoil

PLACE = ("notices", "privacy", "versions", "1", "texts", "en")
HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "a script in capitals": "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "an open script": "We use <script",
    "an open image": "<img src=x onerror=alert(1)//",
    "a broken attribute": '<img """><script>alert(1)</script>">',
    "a body": "<BODY ONLOAD=alert('x')>",
    "a vector graphic": "<svg/onload=alert(1)>",
    "a frame": "<iframe srcdoc='&lt;script&gt;'></iframe>",
    "mathematics": "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "bold letters": "This is <b>important</b>.",
    "a closing tag": "text</p>",
    "a comment": "<!-- hidden -->",
    "an open comment": "before <!-- after",
    "a condition": "<![if IE 4]><script>alert(1)</script><![endif]>",
    "a declaration": "<!DOCTYPE html>",
    "an instruction": "<?xml version='1.0'?>",
    "a tag within a tag": "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "an escaped script": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "a script escaped twice": "&amp;lt;script&amp;gt;",
    "a script in numbers": "&#60;script&#62;",
    "numbers without an end": "&#60script&#62",
    "numbers with zeros": "&#0000060script",
    "hexadecimal numbers": "&#x3C;script&#X3e;",
    "a reference without an end": "&ltscript&gt",
    "a wide script": "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "a link that runs": "[your rights](javascript:alert(1))",
    "a link that runs later": "[your rights]( javascript :alert(1))",
    "a link in capitals": "see JaVaScRiPt:alert(1)",
    "a link over lines": "java\nscript:alert(1)",
    "a link with tabs": "java\tscript:alert(1)",
    "a link in a link": "javajavascript:xscript:alert(1)",
    "an old link": "vbscript:msgbox(1)",
    "a page as a link": "data:text/html;base64,PHNjcmlwdD4=",
    "a null byte": "a\x00b",
    "a null byte in a tag": "<scr\x00ipt>alert(1)</script>",
    "a backspace": "a\x08b",
    "an escape": "a\x1b[31mb",
    "text that runs backwards": "we never sell \u202eyou\u202c data",
    "text set apart": "a\u2066b\u2069",
    "a mark of direction": "a\u200fb",
    "a space of no width": "we do not\u200b sell",
    "a byte order mark": "\ufeffWe use",
    "a word joiner": "a\u2060b",
    "a soft hyphen": "sha\u00adring",
    "a joiner between plain letters": "sha\u200dring",
    "letters out of tags": "a\U000e0061b",
    "a blank letter": "a\u3164b",
    "a private letter": "a\ue000b",
    "no character": "a\ufffeb",
    "half a pair": "a\ud800b",
    "line ends of another system": "a\r\nb",
    "a separator of lines": "a\u2028b",
    "an accent apart": "cafe\u0301",
    "nothing that can be read": "\u200b\u200b",
    "only signs": "— … —",
}
HARMLESS = [
    "We use your data.\n\nYou may say no.",
    "a < b and c > d",
    "Tom & Jerry, R&D, AT&T, Q & A",
    "We <3 records. 5<6, x<=y, <-",
    "Under 13? Ask a parent; 50% off & more…",
    "JavaScript: we need it to show the page. We use this data: your name.",
    "Write to privacy@shop.example or https://shop.example/a?b=1&c=2.",
    "Die Daten „Käufe“ nach Art. 6 Abs. 1 lit. a DSGVO löschen wir.",
    "Vos données à caractère personnel ; l'œuvre n°\u00a07",
    "می\u200cخواهیم و नहीं और क्\u200dष",  # noqa: RUF001 - Persian and Hindi
    "Us: 👩\u200d👩\u200d👧 ❤\ufe0f",
    "日本語の通知です。",
    "הודעת פרטיות",
    "a\tb",
]
PIECES = st.lists(
    st.sampled_from([*HOSTILE.values(), *HARMLESS, *"<>&;:#/!?x3 \n\t\"'=("])
    | st.text(max_size=6)
    | st.sampled_from(["&lt", "&amp;", "javascript", "script", "\u200d", "\u0301", "e", "&#", "60;"]),
    max_size=8,
).map("".join)


class Tags(HTMLParser):
    """Collects what a page would take for more than text, and the text itself."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.others: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.others += [name for name, _ in attrs]

    def handle_endtag(self, tag: str) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.others.append(decl)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)


def is_only_text(html: str) -> bool:
    found = Tags(html)
    return found.tags <= {"p", "br"} and not found.others


def without_space(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_plain_text_is_refused_with_its_place_and_what_to_do(text: str) -> None:
    document = spoil(make_document(), *PLACE, value=text)

    faults = [fault for fault in validate(document) if fault.path == "notices.privacy.versions.1.texts.en"]

    assert faults
    assert all("write" in f.message or "leave" in f.message or "expected" in f.message
               or "end lines" in f.message for f in faults)  # fmt: skip


@pytest.mark.parametrize("text", HARMLESS)
def test_signs_that_are_no_markup_are_let_be(text: str) -> None:
    assert list(find_oddities(text)) == []
    assert sanitise(text) == text
    assert validate(spoil(make_document(), *PLACE, value=text)) == []


def test_everything_odd_is_told_at_once_with_its_line() -> None:
    found = list(find_oddities("We use\n<b>it</b>\n&copy; \u202e"))

    assert [message.partition("; ")[0] for message in found] == [
        "line 3 holds U+202E RIGHT-TO-LEFT OVERRIDE, which turns the reading direction",
        "line 2 holds '<b>', which is markup",
        "line 3 holds '&copy;', which HTML reads as '©'",
    ]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_does_nothing_on_a_page_even_if_nobody_refused_it(text: str) -> None:
    assert is_only_text(render(text.replace("\ud800", "")))


@settings(max_examples=1500, deadline=None)
@given(PIECES)
@example("e\u200b\u0301")
@example("&am&amp;p;lt;script>")
@example("a\u200d&#97;")
def test_what_is_sanitised_is_accepted_and_stays_as_it_is(text: str) -> None:
    cleaned = sanitise(text)

    assert sanitise(cleaned) == cleaned
    assert all(message.startswith("found no letter") for message in find_oddities(cleaned))


@settings(max_examples=1500, deadline=None)
@given(PIECES)
def test_a_text_is_accepted_only_if_it_is_its_own_sanitised_form(text: str) -> None:
    assert bool(list(find_oddities(text))) == (
        sanitise(text) != text or not any(letter.isalnum() for letter in text)
    )


@settings(max_examples=800, deadline=None)
@given(PIECES)
def test_a_page_shows_exactly_the_accepted_text_and_only_paragraphs_and_breaks(text: str) -> None:
    text = sanitise(text)

    html = render(text)

    assert is_only_text(html)
    assert without_space(Tags(html).text) == without_space(text)


def test_signs_hidden_in_signs_without_end_are_gone_in_the_end() -> None:
    text = "&" + "amp;" * 30_000 + "lt;script>"

    assert "<" not in sanitise(text)
    assert sanitise(sanitise(text)) == sanitise(text)
    assert list(find_oddities(text))


def test_paragraphs_and_line_breaks_are_kept() -> None:
    assert render("One\ntwo\n\n\n three & <four\n") == "<p>One<br>two</p>\n<p>three &amp; &lt;four</p>"


def test_a_digest_names_the_bytes_of_the_text() -> None:
    assert text_digest("é") == "sha256:" + "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"


def test_an_accepted_text_comes_back_from_yaml_unchanged() -> None:
    for text in HARMLESS:
        document = spoil(make_document(), *PLACE, value=text)
        assert read_yaml(write_yaml(document)) == document


def test_the_demos_notices_are_plain_text() -> None:
    for notice in read_retailer()["notices"].values():
        for version in notice["versions"].values():
            assert not [oddity for text in version["texts"].values() for oddity in find_oddities(text)]


@pytest.mark.parametrize(
    ("part", "mutant", "text"),
    [
        ("_MARKUP", r"<(?=[a-z])[^>]*>", HOSTILE["an open script"]),
        ("_MARKUP", r"<(?=[a-z])[^>]*>?", HOSTILE["a comment"]),
        ("_REFERENCE", r"&[a-z]+;", HOSTILE["numbers without an end"]),
        ("_SCHEME", r"javascript:", HOSTILE["a link over lines"]),
        ("_STRAY_JOINER", r"(?!)", HOSTILE["a joiner between plain letters"]),
    ],
)
def test_a_check_that_is_too_narrow_is_caught_by_the_list(
    monkeypatch: pytest.MonkeyPatch, part: str, mutant: str, text: str
) -> None:
    assert list(find_oddities(text))
    monkeypatch.setattr(notice_text, part, re.compile(mutant))
    monkeypatch.setattr(notice_text, "unescape", str)  # `sanitise` would find references by itself

    assert not list(find_oddities(text))


def test_a_page_without_escaping_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoFilter:
        @staticmethod
        def clean(html: str, **_: object) -> str:
            return html

    monkeypatch.setattr(notice_text, "escape", lambda text: text)
    assert is_only_text(render(HOSTILE["a script"]))  # the filter alone holds
    monkeypatch.setattr(notice_text, "nh3", NoFilter)
    assert not is_only_text(render(HOSTILE["a script"]))

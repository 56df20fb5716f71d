"""What an own text of a mail may be: as much as ours can be, and no more."""

import pytest

from consent.requests.mails.writing import TEXTS
from consent.requests.types import MailTemplate
from consent.requests.wording.editable import PARTS
from consent.requests.wording.faults import find_faults
from consent.requests.wording.languages import LANGUAGES

BODY = TEXTS.texts("en")["refused.body"]
SUBJECT = TEXTS.texts("en")["refused.subject"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", MailTemplate)
def test_every_text_of_ours_can_stand_in_its_own_place(template: MailTemplate, language: str) -> None:
    texts = TEXTS.texts(language)

    for part in PARTS:
        name = f"{template.value}.{part}"
        assert find_faults(name, texts[name], shipped=texts[name]) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "write something"),
        (" \n ", "write something"),
        (BODY + "{password}", "no place {password}"),
        (BODY.replace("{link}", ""), "without {link}"),
        (BODY.replace("{ground}", ""), "without {ground}"),
        (BODY + "\n\n[mood] Good news.", "cannot depend on [mood]"),
        (BODY + "{", "brace stands alone"),
        (BODY + "{Link}", "brace stands alone"),
        (BODY + "x" * 8000, "at most 8000"),
        (BODY + "\x07", "control characters"),
    ],
)
def test_a_text_that_cannot_stand_is_told_why(text: str, told: str) -> None:
    assert told in " ".join(find_faults("refused.body", text, shipped=BODY))


def test_a_subject_is_one_line() -> None:
    assert "one line" in " ".join(find_faults("refused.subject", SUBJECT + "\nBcc: x", shipped=SUBJECT))

"""How the effects of an action on the person are told."""

from consent.kernel.errors import AccordantError
from consent.requests.models import Request
from consent.requests.verification.contacts import find_address

LANGUAGES = {"de": "German", "en": "English", "es": "Spanish", "fr": "French", "pt": "Portuguese"}


def tell_person(case: Request, about: str) -> str:
    """Return how the person will be told `about`, or that nobody can be written to."""
    try:
        address = find_address(case)
    except AccordantError:
        return f"Whether the person can be written to cannot be seen now. They have to be told {about}."
    if address is None:
        return f"No mail is sent: there is no address on record. Tell the person yourself: {about}."
    how = "by text message" if address.is_sms else "by e-mail"
    return f"The person is told {how}, in {name_language(case.language)}, {about}."


def name_language(code: str) -> str:
    """Return the language that the person is written to in: English, for one that has no texts."""
    return LANGUAGES.get(code[:2].lower(), "English")

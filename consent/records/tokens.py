"""The tokens by which a writer reads its own write back."""

from django.core import signing

from consent.kernel.errors import AccordantError
from consent.subjects.types import WriteToken

_TOKEN_SALT = "consent.records.write-token"  # noqa: S105 - names the use of the key, is no secret


class MalformedToken(AccordantError):
    """The text is not a token that a write of ours answered with."""

    code = "malformed_token"


def sign_token(token: WriteToken) -> str:
    """Return the token as text that only we can have made; callers must not look into it."""
    return _signer().sign_object([token.subject_ref, token.version])


def read_token(text: str) -> WriteToken:
    """Return the token that `sign_token` made.

    :raises MalformedToken: if it made no such text.
    """
    try:
        subject_ref, version = _signer().unsign_object(text)
    except (signing.BadSignature, ValueError) as error:
        raise MalformedToken("send the token exactly as the write answered with it") from error
    return WriteToken(subject_ref, version)


def _signer() -> signing.Signer:
    return signing.Signer(salt=_TOKEN_SALT)

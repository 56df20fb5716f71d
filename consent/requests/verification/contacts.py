"""Where a person is reached: what they typed, and what they proved to be theirs."""

from dataclasses import dataclass, field

from consent.requests.intake.contents import Claims, read_claims, read_proven
from consent.requests.models import Request
from consent.requests.types import Method
from consent.subjects.types import Identifier, IdentifierKind

_METHODS = {IdentifierKind.EMAIL: Method.EMAIL_CODE, IdentifierKind.PHONE: Method.SMS_CODE}


@dataclass(frozen=True, slots=True)
class Contact:
    """An e-mail address or a telephone number."""

    kind: IdentifierKind
    value: str = field(repr=False)

    @property
    def method(self) -> Method:
        """How a code is sent there."""
        return _METHODS[self.kind]

    @property
    def is_sms(self) -> bool:
        """Whether it takes text messages."""
        return self.kind is IdentifierKind.PHONE

    def as_identifier(self) -> Identifier:
        """Return it as an identifier that was proven."""
        return Identifier(self.kind, self.value, verified=True, is_normalised=True)


def find_contact(claims: Claims, *, method: Method | None = None) -> Contact | None:
    """Return where a code can be sent: an address, else a number, that was claimed; else where to answer.

    It is taken from what the person typed, known or not: what answers says that it is theirs, no more.
    """
    found = [Contact(one.kind, one.value) for one in claims.identifiers if one.kind in _METHODS]
    found.sort(key=lambda contact: contact.is_sms)
    if claims.reply_to:
        found.append(Contact(IdentifierKind.EMAIL, claims.reply_to))
    return next((one for one in found if method in {None, one.method}), None)


def find_address(request: Request) -> Contact | None:
    """Return where the person is written to: once they proved a contact, there; before, where they said."""
    return find_proven_contact(request) or _where_they_said(read_claims(request))


def find_proven_contact(request: Request) -> Contact | None:
    """Return the contact that the person proved to be theirs: the only one that a package may go to.

    None: none was proven, as after a document. Then somebody has to hand it over another way.
    """
    proven = [Contact(one.kind, one.value) for one in read_proven(request) if one.kind in _METHODS]
    return min(proven, key=lambda contact: contact.is_sms, default=None)


def names_contact_alone(request: Request) -> bool:
    """Return whether all that the request names is the contact that its person is written to at.

    If not, what becomes of a no that nobody proved would tell its reader whether the others are known.
    """
    address = find_address(request)
    return address is not None and all(
        (one.kind, one.value) == (address.kind, address.value) for one in read_claims(request).identifiers
    )


def _where_they_said(claims: Claims) -> Contact | None:
    if claims.reply_to:
        return Contact(IdentifierKind.EMAIL, claims.reply_to)
    return find_contact(claims)

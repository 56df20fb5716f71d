"""Requests, and all that belongs to them."""

from consent.requests.models.certificates import Certificate
from consent.requests.models.limits import AnonymousUse
from consent.requests.models.mails import Link, Message, Verification
from consent.requests.models.packages import Download, Package, Redaction
from consent.requests.models.people import RequestPerson
from consent.requests.models.protocols import Callback, HeardMessage, ProtocolRequest
from consent.requests.models.request import Agent, Request, RequestEvent, SealedPart
from consent.requests.models.steps import Step
from consent.requests.models.systems import Dataset, Field, LegalHold, Reference, System
from consent.requests.models.wording import OwnText

__all__ = [
    "Agent",
    "AnonymousUse",
    "Callback",
    "Certificate",
    "Dataset",
    "Download",
    "Field",
    "HeardMessage",
    "LegalHold",
    "Link",
    "Message",
    "OwnText",
    "Package",
    "ProtocolRequest",
    "Redaction",
    "Reference",
    "Request",
    "RequestEvent",
    "RequestPerson",
    "SealedPart",
    "Step",
    "System",
    "Verification",
]

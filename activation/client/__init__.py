"""The client of the consent checks: it decides in process from a signed snapshot, or asks the service.

Installed alone (`pyproject.toml` here). Whatever goes wrong is a deny, and never an exception.
"""

from activation.client.answers import Answer, Freshness
from activation.client.asking import HttpClient
from activation.client.deciding import AccordantClient, Workings
from activation.client.errors import FolderTaken, PlainHttpRefused
from activation.client.questions import Subject, Terms

__all__ = [
    "AccordantClient",
    "Answer",
    "FolderTaken",
    "Freshness",
    "HttpClient",
    "PlainHttpRefused",
    "Subject",
    "Terms",
    "Workings",
]

"""Looking people up, and their page, in the admin."""

from activation.desk.person.admin.visits import PersonVisitAdmin

__all__ = ["PersonVisitAdmin"]

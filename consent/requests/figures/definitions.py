"""What each figure means. Shown beside the figures, and handed out with them. Pure."""

from consent.requests.figures.types import Definition

_SHARED = {
    "day": (
        "A request belongs to the day on which it came in where the person lives: days begin and end in the"
        " time zone of its jurisdiction."
    ),
    "duplicates": (
        "A request that was joined to an earlier one, because it asks the same for the same person, is not"
        " counted: the one it was joined to is."
    ),
    "appeals": "An appeal is a request of its own; the first request stays as it was decided.",
    "days": (
        "Calendar days from the day of receipt to the day of closing, both in that zone: closed on the same"
        " day is 0. Days on which the clock stood still count, too. Of requests that were answered:"
        " fulfilled, partly fulfilled or refused."
    ),
    "median": "The middle of all durations; of an even number, the mean of the two in the middle.",
    "mean": "The sum of all durations divided by how many there are, to one decimal, halves upwards.",
}
CALIFORNIA_DEFINITIONS: dict[str, str] = {
    "received": (
        "Requests whose day of receipt lies within the calendar year, as they stand when the figures are"
        " made. Those taken back, and those that never got a confirmation, are among them."
    ),
    "know": "Requests for access and for portability together.",
    "complied": "Received within the year, and since fulfilled or partly fulfilled.",
    "denied": "Received within the year, and since refused in whole; by the ground that the officer named.",
    "never_verified": (
        "Received within the year, and ended because the consumer did not confirm who they are in time."
        " They are not among the denied: add them where your reading of 11 CCR 7102 asks for it."
    ),
    "taken_back": "Received within the year, and cancelled by the consumer.",
    "pending": "Received within the year, and not closed when the figures are made.",
    **_SHARED,
}
SUMMARY_DEFINITIONS: dict[str, str] = {
    "received": "Requests whose day of receipt lies within the period.",
    "closed": (
        "Requests whose day of closing lies within the period, whenever they came in: received and closed"
        " are different sets of requests."
    ),
    "answered": "Of the closed ones: fulfilled, partly fulfilled or refused.",
    "refused": "Of the closed ones: refused in whole; by the ground that the officer named.",
    "in_time": "Answered before the end of the date in force: the extended one, if it was extended.",
    "late": "Answered after the end of the date in force. In time and late are the answered ones.",
    "extended": "Answered, and extended before.",
    "expired": "Ended because the person did not confirm who they are in time, or never answered.",
    "cancelled": "Taken back by the person.",
    "pending": "Received before the end of the period, and not closed before its end.",
    "pending_overdue": (
        "Of the pending ones: the date in force, as it is known now, was over at the end of the period; of a"
        " period that is not over, when the figures are made."
    ),
    **_SHARED,
}


def list_definitions(meanings: dict[str, str]) -> tuple[Definition, ...]:
    """Return the definitions as they are handed out."""
    return tuple(Definition(figure=figure, meaning=meaning) for figure, meaning in meanings.items())

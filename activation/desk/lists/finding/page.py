"""The answer to what was typed into the search. It is sent in a body, and neither kept nor logged."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_POST

from activation.desk.lists.finding.queries import find
from activation.desk.lists.identifiers import looks_like_identifier

FIND_PERSON_PAGE = "admin:activation_desk_personvisit_find"
FIND_PERSON = "activation_desk.find_person"
SHOWN = 20
LONGEST = 100


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Answer with what was found, a part at a time; with the page of people where a person seems meant."""
    words = request.POST.get("words", "").replace("\x00", "").strip()[:LONGEST]
    is_person = looks_like_identifier(words)
    found = find(request, words) if words and not is_person else []
    begin = (
        max(int(part), 0)
        if (part := request.POST.get("begin", "0")).isdecimal() and len(part) < len("99999")
        else 0
    )
    answer = TemplateResponse(
        request,
        "admin/desk/lists/found.html",
        {
            "words_given": bool(words),
            "is_person": is_person,
            "found": found[begin : begin + SHOWN],
            "count": len(found),
            "next": begin + SHOWN if len(found) > begin + SHOWN else None,
            "is_more": begin > 0,
            "find_person": find_person_address(request),
        },
    )
    answer["Cache-Control"] = "no-store"
    return answer


def find_person_address(request: HttpRequest) -> str:
    """Return where an officer who may find people finds them; empty for others."""
    try:
        return reverse(FIND_PERSON_PAGE) if request.user.has_perm(FIND_PERSON) else ""
    except NoReverseMatch:
        return ""

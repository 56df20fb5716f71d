"""Taking what was found: only right after a code that went to the contact that was proven before."""

from collections.abc import Callable
from functools import wraps
from itertools import islice

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from consent.policies.queries import get_policy_in_force
from consent.portal import visits
from consent.portal.following.story import has_recipients
from consent.portal.languages import read_language
from consent.portal.pages import go, page, show
from consent.portal.views.following import find_own
from consent.portal.views.proving import AGAIN
from consent.portal.wording import name_place
from consent.requests import vault
from consent.requests.limits import rules as limits
from consent.requests.limits.counting import spend
from consent.requests.mails.reading import local_date
from consent.requests.packages.policy import PolicyView
from consent.requests.packages.reading import open_released, stream_package
from consent.requests.packages.recipients import read_recipients
from consent.requests.packages.types import PackageGone, PackageNotFound, TooManyDownloads
from consent.requests.verification.again import ask_again, check_again
from consent.requests.verification.codes import CodeCheck

_MOST_SHOWN = 500
Taking = Callable[[HttpRequest], HttpResponseBase]


def fresh(view: Taking) -> Taking:
    """Have a view answer only those who entered a code a short while ago; the others are asked for one.

    The form of the code is posted to the same address, and leads back to it.
    """

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponseBase:
        if visits.get_proven(request) is None:
            return show(request, "ended", status=404)
        if visits.is_fresh(request, at=timezone.now()):
            return view(request)
        return _prove_again(request)

    return answer


@page("GET", "POST")
@fresh
def package(request: HttpRequest) -> HttpResponseBase:
    """Show what can be taken, until when, and how to be careful with it."""
    own = find_own(request)
    try:
        found = open_released(own, at=timezone.now())
    except PackageGone:
        return show(request, "package", {"told": "package.gone"}, status=410)
    except PackageNotFound:
        return show(request, "package", {"told": "package.none"}, status=404)
    assert found.expires_at is not None  # noqa: S101 - released: the database holds it
    context = {"until": local_date(found.expires_at, own.zone), "size": found.size}
    return show(request, "package", context)


@page("POST")
@fresh
def download(request: HttpRequest) -> HttpResponseBase:
    """Hand out the package. It is looked through, and written down, before the first byte leaves."""
    own = find_own(request)
    try:
        found = open_released(own, at=timezone.now())
        content = stream_package(found)
    except TooManyDownloads:
        return show(request, "package", {"told": "package.too_many"}, status=429)
    except (PackageGone, PackageNotFound):
        return go("package")
    response = StreamingHttpResponse(content, content_type="application/zip")
    response.headers["Content-Length"] = str(found.size)
    response.headers["Content-Disposition"] = f'attachment; filename="{own.reference}.zip"'
    return response


@page("GET", "POST")
@fresh
def recipients(request: HttpRequest) -> HttpResponseBase:
    """Show to whom the person's data was passed on, as far as it is on record (GDPR Art. 15(1)(c), 19)."""
    own = find_own(request)
    if not has_recipients(own):
        return show(request, "recipients", {"told": "recipients.not_ready"})
    in_force = get_policy_in_force(at=timezone.now())
    policy = PolicyView(
        in_force.canonical if in_force else None, controller=own.controller, jurisdiction=own.jurisdiction
    )
    language = read_language(request)
    rows = [
        {
            "title": one.title or policy.destination(one.destination),
            "purposes": ", ".join(map(policy.purpose, one.purposes)),
            "country": name_place(one.country, language),
            "last": local_date(one.last_at, own.zone) if one.last_at else None,
        }
        for one in islice(read_recipients(own, vault.open_key(own)), _MOST_SHOWN)
    ]
    return show(request, "recipients", {"rows": rows, "told": "" if rows else "recipients.none"})


def _prove_again(request: HttpRequest) -> HttpResponseBase:
    """Ask for a code, send one, or try one."""
    own, at = find_own(request), timezone.now()
    if request.method != "POST":
        return show(request, "again")
    spend(limits.CODE_BY_VISITOR, visits.find_network(request), at=at)
    if AGAIN in request.POST:
        ask_again(own.pk, at=at)
        return show(request, "again", {"is_sent": True})
    typed = request.POST.get("code", "").strip()[:64]
    outcome = check_again(own.pk, code=typed, at=at) if typed else None
    if outcome is CodeCheck.ACCEPTED:
        visits.set_proven(request, own.pk, fresh_until=at + visits.FRESH_FOR)
        name = request.resolver_match.url_name if request.resolver_match else None
        return go(name if name == "recipients" else "package")
    error = "error.code" if outcome is None else f"code.{outcome.value}"
    return show(request, "again", {"is_sent": True, "error": error}, status=422)

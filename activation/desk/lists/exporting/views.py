"""The page that says what an export will hold, and hands the file out."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from activation.desk.lists.exporting import services
from activation.desk.lists.exporting.cells import list_headings
from activation.desk.lists.exporting.files import FORMS
from activation.desk.lists.reading import ListNotFiltered, get_pages, list_active, list_address, read_list

EXPORT = "activation_desk.export_list"
TICKED = "ticked"


def may_export(request: HttpRequest) -> bool:
    """Return whether the officer may export lists."""
    return request.user.has_perm(EXPORT)


@require_http_methods(["GET", "POST"])
def export(request: HttpRequest, page: str) -> HttpResponseBase:
    """Answer with what the file will hold; on POST, with the file."""
    pages = get_pages(request, page)
    if not may_export(request):
        raise PermissionDenied
    query = request.GET.copy()
    ticked = query.pop(TICKED, [])
    try:
        listed = read_list(pages, request, query)
        form = request.POST.get("form", "") if request.method == "POST" else ""
        if form in FORMS:
            return _hand_out(request, listed, page=page, form=form, query=query, ticked=ticked)
        return _show(request, listed, page=page, query=query, ticked=ticked)
    except (ListNotFiltered, services.TooManyRows, ValidationError, ValueError) as refusal:
        told = refusal if isinstance(refusal, services.TooManyRows) else "The list is not filtered as it says"
        messages.error(request, f"Nothing was exported. {told}.")
        return redirect(list_address(page))


def _show(
    request: HttpRequest, listed: Any, *, page: str, query: QueryDict, ticked: list[str]
) -> HttpResponseBase:
    most = settings.EXPORT_ROWS
    count = services.count_rows(services.get_rows(listed, ticked), most=most)
    context = {
        **admin.site.each_context(request),
        "title": "Export",
        "opts": listed.opts,
        "count": count,
        "most": most,
        "is_too_many": count > most,
        "headings": list_headings(listed),
        "filters": list_active(listed, query),
        "is_ticked": bool(ticked),
        "forms": [(name, form.title) for name, form in FORMS.items()],
        "back": f"{list_address(page)}?{query.urlencode()}",
    }
    return TemplateResponse(request, "admin/desk/lists/export.html", context)


def _hand_out(
    request: HttpRequest, listed: Any, *, page: str, form: str, query: QueryDict, ticked: list[str]
) -> HttpResponseBase:
    now = timezone.now()
    asked = services.Asked(
        page=page,
        form=form,
        filters=list_active(listed, query),
        ticked=ticked,
        officer=request.user.get_username(),
        at=now,
    )
    file = services.export_list(listed, asked, most=settings.EXPORT_ROWS)
    name = f"{page.partition('.')[2]}-{now:%Y-%m-%d}.{form}"
    answer = FileResponse(file, as_attachment=True, filename=name, content_type=FORMS[form].content_type)
    answer["Cache-Control"] = "no-store"
    return answer

"""A notice as people read it, in each of its languages, and by mail to the officer's own address."""

import smtplib
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.http import Http404, HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin

from consent.policies.models import NoticeText, NoticeVersion

PREVIEW = "consent_policies_noticeversion_preview"
TEST = "consent_policies_noticeversion_test"
MAY_TEST = "consent_policies.change_noticeversion"
_NO_ADDRESS = "Your account has no e-mail address. An administrator can add one; then try again."
_NO_TEXT = "The notice has no text in that language. Choose one of those below."


def show(admin: ModelAdmin, request: HttpRequest, row_id: int) -> TemplateResponse:
    """Answer with the notice's texts, each in its own language and direction, paragraph by paragraph."""
    version = _find(admin, request, row_id)
    texts = [(one, _paragraphs(one)) for one in version.texts.order_by("language")]
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": f"{version.notice.title}, version {version.number}",
        "version": version,
        "texts": texts,
        "back": reverse("admin:consent_policies_noticeversion_change", args=[version.pk]),
        "test_page": reverse(f"admin:{TEST}", args=[version.pk]),
        "may_test": request.user.has_perm(MAY_TEST),
    }
    return TemplateResponse(request, "admin/policies/notice_preview.html", context)


def send_test(admin: ModelAdmin, request: HttpRequest, row_id: int) -> HttpResponseBase:
    """Mail the notice to the officer in one language, and go back."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perm(MAY_TEST):
        raise PermissionDenied
    version = _find(admin, request, row_id)
    text = version.texts.filter(language=request.POST.get("language", "")[:16]).first()
    if text is None:
        messages.error(request, _NO_TEXT)
    else:
        _send(request, version, text)
    return redirect(reverse(f"admin:{PREVIEW}", args=[version.pk]))


def _send(request: HttpRequest, version: NoticeVersion, text: NoticeText) -> None:
    address: str = getattr(request.user, "email", "")
    if not address:
        messages.error(request, _NO_ADDRESS)
        return
    subject = f"[Test] {version.notice.title}, version {version.number}"
    try:
        EmailMessage(subject=subject, body=text.text, to=[address]).send()
    except (smtplib.SMTPException, OSError):
        messages.error(request, "The mail server did not take the mail. Nothing was sent; try again later.")
    else:
        messages.success(request, "A test is on its way to your own address.")


def _find(admin: ModelAdmin, request: HttpRequest, row_id: int) -> NoticeVersion:
    rows = NoticeVersion.objects.select_related("notice__version")
    found: Any = rows.filter(pk=row_id).first()
    if not admin.has_view_permission(request, found):
        raise PermissionDenied
    if found is None:
        raise Http404
    version: NoticeVersion = found
    return version


def _paragraphs(text: NoticeText) -> list[str]:
    return [one for one in text.text.replace("\r\n", "\n").split("\n\n") if one.strip()]

"""The texts of mails in every language, with example values. No real person's mail is shown here."""

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse

from consent.requests.admin.access import EDIT_WORDING, insist
from consent.requests.admin.case.page import answer_page
from consent.requests.admin.mails.choosing import PAGE, ChoosingForm
from consent.requests.models import Request
from consent.requests.wording.own_texts import read_texts

TEMPLATE = "admin/requests/mails.html"
TITLE = "Mails to people"


def show(admin: "ModelAdmin[Request]", request: HttpRequest) -> HttpResponse:
    """Answer with one mail as a person would read it, once for each ground that it may name."""
    insist(request)
    form = ChoosingForm(request.GET)
    chosen = form.chosen()
    mails = []
    if chosen is not None:
        texts = read_texts(chosen.room.catalogue, chosen.language)
        mails = chosen.room.preview(chosen.template, chosen.language, chosen.law, texts)
    return answer_page(
        admin,
        request,
        TEMPLATE,
        title=TITLE,
        form=form,
        chosen=chosen,
        mails=mails,
        words_page=chosen.address("mail_words") if chosen else "",
        test_page=chosen.address("mail_test") if chosen else "",
        may_edit=request.user.has_perm(EDIT_WORDING),
        page=PAGE + "mails",
    )

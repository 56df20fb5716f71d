"""Rewording a mail: see what it would look like, then say so from now on, or say our words again."""

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from consent.requests.admin.access import EDIT_WORDING, insist
from consent.requests.admin.case.page import answer_page
from consent.requests.admin.mails.choosing import ChoosingForm, Chosen
from consent.requests.admin.mails.words_form import WordsForm
from consent.requests.models import Request
from consent.requests.wording.changing import WordingRefused, change_texts, say_ours_again
from consent.requests.wording.languages import LANGUAGES
from consent.requests.wording.own_texts import list_changes, read_texts

TEMPLATE = "admin/requests/mail_words.html"
_SHOWN = 20


def edit(admin: "ModelAdmin[Request]", request: HttpRequest) -> HttpResponseBase:
    """Answer with a mail's texts to edit; with what they would look like; or keep them, and go back."""
    officer_id = insist(request, EDIT_WORDING)
    chosen = ChoosingForm(request.GET).chosen()
    if chosen is None:
        raise Http404
    if request.method != "POST":
        return _ask(admin, request, chosen, WordsForm(chosen))
    if "ours" in request.POST:
        changed = say_ours_again(
            chosen.room.catalogue, chosen.language, chosen.names(), officer_id=officer_id
        )
        return _leave(request, chosen, changed, "The mail says our words again.")
    form = WordsForm(chosen, request.POST)
    if not form.is_valid() or "keep" not in request.POST:
        return _ask(admin, request, chosen, form)
    try:
        texts = form.texts()
        changed = change_texts(chosen.room.catalogue, chosen.language, texts, officer_id=officer_id)
    except WordingRefused as refused:
        form.tell(refused.faults)
        return _ask(admin, request, chosen, form)
    return _leave(request, chosen, changed, "Kept. Mails that leave from now on say this.")


def _ask(
    admin: "ModelAdmin[Request]", request: HttpRequest, chosen: Chosen, form: WordsForm
) -> HttpResponseBase:
    standing = read_texts(chosen.room.catalogue, chosen.language)
    is_sound = not form.is_bound or form.is_valid()
    texts = {**standing, **(form.texts() if form.is_bound and is_sound else {})}
    mails = chosen.room.preview(chosen.template, chosen.language, chosen.law, texts) if is_sound else []
    ours = chosen.room.catalogue.texts(chosen.language)
    return answer_page(
        admin,
        request,
        TEMPLATE,
        title=f"Words of the mail “{chosen.room.templates[chosen.template]}” in {LANGUAGES[chosen.language]}",
        form=form,
        back=chosen.address("mails"),
        mails=mails,
        is_own=any(standing[name] != ours[name] for name in chosen.names()),
        is_tried=form.is_bound and is_sound,
        changes=list_changes(chosen.room.catalogue, chosen.language, chosen.names(), limit=_SHOWN),
    )


def _leave(request: HttpRequest, chosen: Chosen, changed: tuple[str, ...], told: str) -> HttpResponseBase:
    messages.success(request, told if changed else "Nothing was changed: it says so already.")
    return redirect(chosen.address("mails"))

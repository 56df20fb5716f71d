"""The register in the admin: a page to read and to download, and the notes that complete it."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from activation.desk.register import page, queries, services
from activation.desk.register.forms import FORMS
from activation.desk.register.models import LONGEST_NOTE, RegisterNote, RegisterOfProcessing
from activation.desk.register.types import ProcessingRegister
from consent.kernel.errors import AccordantError

_ASKED = ("purpose", "controller", "legal_basis", "destination", "at")
_RADAR = "admin:activation_desk_lineage_radar"


@admin.register(RegisterOfProcessing)
class RegisterAdmin(ModelAdmin):
    """The page of the register. It is derived whenever it is opened."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Answer with the register: differences first, then the entries that are asked for."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = {name: request.GET[name] for name in _ASKED if request.GET.get(name)}
        now = timezone.now()
        form = page.RegisterForm(asked or None)
        context = {
            **self.admin_site.each_context(request),
            "title": "Register of processing",
            "opts": self.opts,
            "form": form,
            "notes_page": _notes_page(request),
        }
        try:
            register = queries.get_register(at=page.read_day(asked.get("at", ""), now=now), generated_at=now)
        except AccordantError as refusal:
            return TemplateResponse(
                request, "admin/desk/register.html", {**context, "refusal": f"{refusal}."}
            )
        form.offer(register)
        context |= _describe(request, register, asked)
        return TemplateResponse(request, "admin/desk/register.html", context)

    def get_urls(self) -> list[URLPattern]:
        """Return the page's address, and that of its downloads. There are no others: nothing is edited."""
        download = self.admin_site.admin_view(self.download)
        listed = self.admin_site.admin_view(self.changelist_view)
        name = "activation_desk_registerofprocessing"
        return [
            path("", listed, name=f"{name}_changelist"),
            path("download/<slug:form>/", download, name=f"{name}_download"),
        ]

    def download(self, request: HttpRequest, form: str) -> HttpResponse:
        """Answer with the whole register as a file, whatever the page shows of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if form not in FORMS:
            raise Http404
        now = timezone.now()
        at = page.read_day(request.GET.get("at", ""), now=now)
        try:
            content = FORMS[form].write(queries.get_register(at=at, generated_at=now))
        except AccordantError as refusal:
            return HttpResponse(
                f"{refusal}.\n", status=refusal.status, content_type="text/plain; charset=utf-8"
            )
        headers = {"Content-Disposition": f'attachment; filename="register-{at:%Y-%m-%d}.{form}"'}
        return HttpResponse(content, content_type=FORMS[form].media_type, headers=headers)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the register is derived."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: the register is derived."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: the register is derived."""
        return False


class NoteForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """What the register says at one place from now on."""

    place = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    text = forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        widget=UnfoldAdminTextareaWidget,
        help_text=(
            "It takes the place of what was said here before; empty takes that back. Notes are never deleted:"
            " name a function and its mailbox rather than a person."
        ),
    )

    class Meta:
        model = RegisterNote
        fields = ("text",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        self.places = {one.key: one for one in queries.list_places(at=timezone.now())}
        field.choices = [(key, place.words) for key, place in self.places.items()]


@admin.register(RegisterNote)
class RegisterNoteAdmin(ModelAdmin):
    """Who wrote what into the register, and when; and the form to write more."""

    form = NoteForm
    list_display = ("about", "slug", "topic", "text", "written_by", "written_at")
    list_display_links = None
    list_filter = ("about", "topic")
    search_fields = ("slug", "text")
    search_help_text = "A slug, or words of a note"
    ordering = ("-written_at", "-pk")
    list_per_page = 50
    fields = ("place", "text")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the place that the page's link named, with what is said there now."""
        key = request.GET.get("place", "")
        said = {place.key: text for place, text in queries.get_notes(at=timezone.now()).items()}
        return {"place": key, "text": said.get(key, "")}

    def save_model(self, request: HttpRequest, obj: RegisterNote, form: Any, change: bool) -> None:
        """Write the note, and the event that tells who did."""
        obj.pk = services.write_note(
            place=form.places[form.cleaned_data["place"]],
            text=form.cleaned_data["text"],
            officer=request.user.get_username(),
            at=timezone.now(),
        )
        obj.refresh_from_db()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: who wants to say otherwise writes another note."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what the register said at any time can be told."""
        return False


def _describe(request: HttpRequest, register: ProcessingRegister, asked: Mapping[str, str]) -> dict[str, Any]:
    entries = page.keep_entries(register, asked)
    differences = page.keep_differences(register, asked)
    shown = page.paginate(entries, request.GET.get("p"))
    opened = next((one for one in register.entries if one.reference == request.GET.get("entry")), None)
    may_write = request.user.has_perm("activation_desk.add_registernote")
    return {
        "register": register,
        "made_at": _tell(register.generated_at),
        "as_of": _tell(register.at),
        "in_force_from": _tell(register.policy.effective_at),
        "downloads": [(form.upper(), _download(form, asked)) for form in FORMS],
        "differences": differences,
        "most_differences": page.MOST_DIFFERENCES,
        "table_of_differences": page.table_of_differences(differences, _radar_page()),
        "entries": shown,
        "table_of_entries": page.table_of_entries(shown, differences, asked),
        "pages": [(number, page.address_of_page(asked, p=number)) for number in shown.paginator.page_range],
        "entry": page.describe_entry(opened, differences, may_write=may_write) if opened else None,
    }


def _download(form: str, asked: Mapping[str, str]) -> str:
    address = reverse("admin:activation_desk_registerofprocessing_download", args=[form])
    return f"{address}?at={asked['at']}" if "at" in asked else address


def _notes_page(request: HttpRequest) -> str | None:
    may_read = request.user.has_perm("activation_desk.view_registernote")
    return reverse("admin:activation_desk_registernote_changelist") if may_read else None


def _radar_page() -> str | None:
    try:
        return reverse(_RADAR)
    except NoReverseMatch:
        return None


def _tell(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"

"""Drafts from a file and from another version, and versions as files."""

from functools import cache
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from consent.kernel.errors import AccordantError
from consent.ledger.admin import go_to
from consent.policies import queries, services
from consent.policies.document.reading import LARGEST_TEXT
from consent.policies.models import PolicyVersion
from consent.policies.packs import list_packs, read_pack
from consent.policies.types import Fault, ImportedPolicy

_LARGEST_UPLOAD = 4 * LARGEST_TEXT  # bytes: no character takes more than four in UTF-8
_BEGIN_DRAFT = "consent_policies.add_policyversion"

_EXPLANATION = (
    "It becomes a draft with the next number of its policy. A file with faults is not imported at all."
)


class ImportForm(forms.Form):
    """Where a new draft's text comes from: a file, or a starter pack."""

    pack = forms.ChoiceField(
        label="Starter pack",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="An example to begin from. It is not legal advice: make it yours before review.",
    )
    file = forms.FileField(
        label="Or a policy file",
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text="YAML in UTF-8, as “Download as YAML” and manage.py export_policy write it.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        pack = self.fields["pack"]
        assert isinstance(pack, forms.ChoiceField)  # noqa: S101 - for the type checker
        pack.choices = [("", "None"), *_list_packs()]

    def clean(self) -> dict[str, Any]:
        """Return what was chosen.

        :raises forms.ValidationError: if it is not one thing.
        """
        cleaned = super().clean() or {}
        if not self.errors and bool(cleaned.get("pack")) == bool(cleaned.get("file")):
            raise forms.ValidationError("Choose a starter pack or a file: one of them.")
        return cleaned

    def clean_file(self) -> "UploadedFile[Any] | None":
        """Return the file.

        :raises forms.ValidationError: if it is larger than any policy.
        """
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        if file and (file.size or 0) > _LARGEST_UPLOAD:
            raise forms.ValidationError(
                f"The file is too large: a policy has at most {LARGEST_TEXT:,} characters."
            )
        return file

    def read_text(self) -> str:
        """Return the text of a valid form.

        :raises forms.ValidationError: if it is no text in UTF-8.
        """
        if pack := self.cleaned_data["pack"]:
            return read_pack(pack)
        try:
            text: str = self.cleaned_data["file"].read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(
                "The file is not text in UTF-8: save it as UTF-8, then import it."
            ) from error
        return text


@cache
def _list_packs() -> tuple[tuple[str, str], ...]:
    return tuple((pack.name, f"{pack.title}: {pack.summary}") for pack in list_packs())


class VersionImporting:
    """Begins drafts, and hands versions out as files."""

    def has_begin_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may begin drafts."""
        return request.user.has_perm(_BEGIN_DRAFT)

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Import a policy", url_path="import", permissions=["begin"], icon="upload_file"
    )
    def import_file(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the page that takes a file; on POST, with the draft it made, or with all its faults."""
        is_sent = request.method == "POST"
        form = ImportForm(request.POST, request.FILES) if is_sent else ImportForm()
        faults: tuple[Fault, ...] = ()
        if is_sent and form.is_valid():
            try:
                draft = _import(request, form.read_text())
            except services.PolicyRefused as refusal:
                faults = refusal.faults
            except forms.ValidationError as error:
                form.add_error("file", error)
            else:
                return self._show(request, draft, f"Imported as {draft.key} {draft.version}, a draft.")
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": "Import a policy",
            "opts": PolicyVersion._meta,
            "form": form,
            "explanation": _EXPLANATION,
            "faults": {"headers": ["Where", "What"], "rows": [[one.path, one.message] for one in faults]}
            if faults
            else None,
            "faults_title": f"Nothing was imported: the file has {len(faults)} fault{'s'[: len(faults) > 1]}",
        }
        return TemplateResponse(request, "admin/policies/import.html", context)

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="New draft",
        permissions=["begin"],
        dialog={
            "title": "New draft from this version",
            "description": "The new draft begins with the text of this version. This version stays as it is.",
            "form_class": None,
            "form_submit_text": "Begin the draft",
        },
    )
    def copy(self, request: HttpRequest, _form: BaseDialogForm, object_id: str) -> HttpResponseBase:
        """Begin a draft with this version's text, and show it."""
        try:
            draft = services.copy_version(
                version_id=_number(object_id), author_id=_officer(request), at=timezone.now()
            )
        except AccordantError as refusal:
            raise Http404(str(refusal)) from refusal
        return self._show(request, draft, f"{draft.key} {draft.version} is a draft with the same text.")

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Download as YAML", permissions=["view"], url_path="yaml"
    )
    def download(self, _request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with the version as a file: to the byte as it was imported, unless it was edited since."""
        named = PolicyVersion.objects.filter(pk=_number(object_id)).values_list("key", "version").first()
        text = queries.get_yaml(key=named[0], version=named[1]) if named else None
        if named is None or text is None:
            raise Http404
        name = f"{named[0]}-{named[1]}.yaml"
        return HttpResponse(
            text.encode(),
            content_type="application/yaml",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _show(self, request: HttpRequest, draft: ImportedPolicy, told: str) -> HttpResponseBase:
        self.message_user(request, told)  # type: ignore[attr-defined]
        return go_to(request, reverse("admin:consent_policies_policyversion_change", args=[draft.version_id]))


def _import(request: HttpRequest, text: str) -> ImportedPolicy:
    return services.import_policy(text=text, author_id=_officer(request), at=timezone.now())


def _number(object_id: str) -> int:
    if not (object_id.isascii() and object_id.isdigit() and len(object_id) < 19):
        raise Http404
    return int(object_id)


def _officer(request: HttpRequest) -> int:
    if request.user.pk is None:
        raise PermissionDenied
    return request.user.pk

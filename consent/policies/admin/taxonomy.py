"""The taxonomy in the admin: officers add, rename and switch off terms; nobody deletes one."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from consent.policies import curating, queries
from consent.policies.curating import UnknownParent
from consent.policies.models import TaxonomyTerm
from consent.policies.taxonomy.terms import Term, TermKind, has_form, parent_of
from consent.policies.taxonomy.vocabulary import Vocabulary, load_fideslang

_EXPLANATION = (
    "What a policy may name: the default taxonomy of fideslang, and your own terms. To rename a term of "
    "fideslang or switch it off, add a term of yours with its key. What lies below it is then off, too."
)


class TaxonomyTermForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """One term. Its parent follows from its key, and has to be known."""

    class Meta:
        model = TaxonomyTerm
        fields = ("kind", "key", "name", "description", "active")
        widgets = {"description": UnfoldAdminTextareaWidget}
        help_texts = {
            "key": "Dots make a hierarchy: 'marketing.letters' lies below 'marketing'.",
            "active": "Switched off: new policy texts may name neither this term nor what lies below it.",
        }

    def clean(self) -> dict[str, Any]:
        """Refuse a term below one that nobody knows."""
        cleaned = super().clean() or {}
        kind, key = cleaned.get("kind"), cleaned.get("key")
        if kind in set(TermKind) and key and has_form(TermKind(kind), key):
            try:
                curating.check_parent(kind=TermKind(kind), parent=parent_of(key))
            except UnknownParent as refusal:
                self.add_error("key", f"{refusal}.")
        return cleaned


@admin.register(TaxonomyTerm)
class TaxonomyTermAdmin(ModelAdmin):
    """The organisation's own terms, and a page with all that a policy may name."""

    form = TaxonomyTermForm
    list_display = ("key", "kind", "name", "state", "source", "changed_at")
    list_filter = ("kind", "active", "source")
    search_fields = ("key", "name")
    ordering = ("kind", "key", "pk")
    list_per_page = 50
    fields = ("kind", "key", "name", "description", "active", "source", "file", "changed_at")
    actions_list = ("vocabulary",)

    @display(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="State", ordering="active", label={"in use": "success", "switched off": "warning"}
    )
    def state(self, term: TaxonomyTerm) -> str:
        """Return whether a policy may name it, as far as this row says."""
        return "in use" if term.active else "switched off"

    def get_readonly_fields(self, request: HttpRequest, obj: TaxonomyTerm | None = None) -> tuple[str, ...]:
        """Return what is not edited: a key, once given, is what policies name."""
        written = ("source", "file", "changed_at")
        return written if obj is None else ("kind", "key", *written)

    def has_delete_permission(self, request: HttpRequest, obj: TaxonomyTerm | None = None) -> bool:
        """Return False: a term that is not wanted is switched off."""
        return False

    def save_model(self, request: HttpRequest, obj: TaxonomyTerm, form: Any, change: bool) -> None:
        """Write the term, and the event that tells who did."""
        term = Term(
            kind=TermKind(obj.kind),
            key=obj.key,
            name=obj.name,
            description=obj.description,
            active=obj.active,
        )
        obj.pk = curating.save_term(term=term, officer_id=request.user.pk, at=timezone.now())

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="All known terms", url_path="vocabulary", permissions=["view"], icon="dictionary"
    )
    def vocabulary(self, request: HttpRequest) -> HttpResponse:
        """Answer with the page of all terms that are known, fideslang's included."""
        known = queries.get_vocabulary()
        context = {
            **self.admin_site.each_context(request),
            "title": "All known terms",
            "opts": self.opts,
            "explanation": _EXPLANATION,
            "tables": [_lay_out(kind, known) for kind in TermKind],
        }
        return TemplateResponse(request, "admin/policies/vocabulary.html", context)


def _lay_out(kind: TermKind, known: Vocabulary) -> dict[str, Any]:
    terms = sorted((term for term in known.terms.values() if term.kind is kind), key=lambda term: term.key)
    return {
        "title": f"{kind.words.capitalize()} ({len(terms)})",
        "headers": ["Key", "Name", "State", "From"],
        "rows": [[term.key, term.name, _tell_state(term, known), _tell_origin(term)] for term in terms],
    }


def _tell_state(term: Term, known: Vocabulary) -> str:
    shipped = load_fideslang().get((term.kind, term.key))
    if not known.is_usable(term.kind, term.key):
        return "switched off"
    if shipped is not None and shipped.replaced_by:
        return f"deprecated: use {shipped.replaced_by}"
    return "in use"


def _tell_origin(term: Term) -> str:
    return "fideslang" if (term.kind, term.key) in load_fideslang() else "yours"

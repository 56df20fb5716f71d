"""Forms on drafts: nobody overwrites what they have not seen."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model

from consent.kernel.errors import AccordantError
from consent.policies import queries, services
from consent.policies.admin.fields import LineText, NamesField
from consent.policies.admin.names import list_offered
from consent.policies.admin.places import version_of
from consent.policies.models import PolicyVersion


class ExactForm(forms.ModelForm):  # type: ignore[type-arg]
    """Strips the lines that were typed, and only those: what was not touched stays to the byte."""

    def clean(self) -> dict[str, Any] | None:
        """Return the cleaned values."""
        cleaned = super().clean() or self.cleaned_data
        for name in self.changed_data:
            if isinstance(self.fields[name], LineText) and name in cleaned:
                cleaned[name] = cleaned[name].strip()
        return cleaned


class PropertyForm(ExactForm):
    """A row that names a request property, picked from those that the draft declares."""

    offered: ClassVar[list[tuple[str, str]]] = []
    """The names that may be picked."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        name = self.fields.get("property")
        if isinstance(name, forms.ChoiceField):
            name.choices = _with_own(self.offered, self.instance.property, blank=False)


class DraftForm(ExactForm):
    """Carries the digest of the text that the officer began from, and locks the draft until it is saved."""

    opened_digest = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["opened_digest"] = self.draft.digest

    @property
    def draft(self) -> PolicyVersion:
        """Return the version that the form edits."""
        return version_of(self.instance)

    def clean(self) -> dict[str, Any] | None:
        """Lock the draft.

        :raises ValidationError: if somebody changed it meanwhile, or took it a step further.
        """
        cleaned = super().clean()
        opened_digest = self.cleaned_data.get("opened_digest", "")
        try:
            services.lock_draft(version_id=self.draft.pk, opened_digest=opened_digest)
        except AccordantError as refusal:
            raise ValidationError(f"Not saved: {refusal}.") from refusal
        return cleaned


class PartForm(DraftForm):
    """A row of a draft. What it hangs from is said by the page's address, and never changed."""

    parent_name: ClassVar[str] = "version"
    parent: ClassVar[Model | None] = None
    """What a new row hangs from."""

    def __init__(self, *args: Any, instance: Model | None = None, **options: Any) -> None:
        row = instance or self._meta.model(**{self.parent_name: self.parent})
        super().__init__(*args, instance=row, **options)
        self._offer_names()

    def _offer_names(self) -> None:
        document = queries.get_document(version_id=self.draft.pk) or {}
        for name, field in self.fields.items():
            if isinstance(field, NamesField):
                kept = [] if self.instance._state.adding else getattr(self.instance, name)
                field.offer(list_offered(document, self.instance, name), kept=kept)
            elif isinstance(field, forms.ChoiceField) and (
                offered := list_offered(document, self.instance, name)
            ):
                field.choices = _with_own(offered, getattr(self.instance, name), blank=not field.required)

    def _get_validation_exclusions(self) -> set[str]:
        """Return what is not validated: not the parent, or nobody would see that a name is taken."""
        exclusions: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # Django's own hook
        return exclusions - {self.parent_name}


def _with_own(offered: Any, own: str, *, blank: bool) -> list[tuple[str, str]]:
    """Return the choices of one name: those offered, and what the row says already."""
    undeclared = [(own, f"{own} (not declared)")] if own and own not in dict(offered) else []
    return [("", "None" if blank else "Select value"), *offered, *undeclared]

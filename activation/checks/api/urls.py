"""The addresses of the consent-check API."""

from django.urls import path

from activation.checks.api.batch import ChecksView
from activation.checks.api.discovery import CurrentPolicyView, DecisionView, MetadataView
from activation.checks.api.evaluation import EvaluationsView, EvaluationView
from activation.checks.api.searches import ActionSearchView, ResourceSearchView, SubjectSearchView
from activation.checks.api.snapshots import SnapshotChangesView, SnapshotKeysView, SnapshotPeopleView

urlpatterns = [
    path("access/v1/evaluation", EvaluationView.as_view(), name="evaluation"),
    path("access/v1/evaluations", EvaluationsView.as_view(), name="evaluations"),
    path("access/v1/search/subject", SubjectSearchView.as_view(), name="search-subject"),
    path("access/v1/search/resource", ResourceSearchView.as_view(), name="search-resource"),
    path("access/v1/search/action", ActionSearchView.as_view(), name="search-action"),
    path(".well-known/authzen-configuration", MetadataView.as_view(), name="authzen-configuration"),
    path("api/v1/checks", ChecksView.as_view(), name="checks"),
    path("api/v1/decisions/<str:decision_id>", DecisionView.as_view(), name="decision"),
    path("api/v1/policies/current", CurrentPolicyView.as_view(), name="current-policy"),
    path("api/v1/snapshots/people", SnapshotPeopleView.as_view(), name="snapshot-people"),
    path("api/v1/snapshots/changes", SnapshotChangesView.as_view(), name="snapshot-changes"),
    path("api/v1/snapshots/keys", SnapshotKeysView.as_view(), name="snapshot-keys"),
]

"""What every address does: who may call, how errors look, which headers go with an answer."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404
from django.test import Client
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from activation.checks import services
from activation.checks.types import Scope
from config.problems import exception_handler
from consent.kernel.errors import AccordantError

SECRET = "alice@customers.example"


class Colours(serializers.Serializer[Any]):
    """A body that is easy to get wrong."""

    colour = serializers.ChoiceField(choices=["red"])
    sizes = serializers.ListField(child=serializers.IntegerField())


class Gone(AccordantError):
    """One of our own errors."""

    code = "gone"
    status = 410


class OpenToNobody(APIView):
    """A view whose author forgot to name a scope."""

    def get(self, _: Request) -> Response:
        return Response("in")


class OpenToCheckers(OpenToNobody):
    """A view that names one."""

    required_scope = Scope.CHECK


def make_key(*scopes: Scope, made: timedelta = timedelta(0)) -> str:
    """Return a key that was made so long ago, and is valid for an hour."""
    at = timezone.now() - made
    return services.create_key(name="tool", scopes=scopes, valid_for=timedelta(hours=1), at=at)


def call(view: type[APIView], authorization: str | None) -> Response:
    headers = {"authorization": authorization} if authorization else {}
    answer: Response = view.as_view()(APIRequestFactory().get("/", headers=headers))
    return answer


@pytest.mark.django_db
def test_a_view_that_names_no_scope_answers_nobody() -> None:
    key = make_key(*Scope)

    assert call(OpenToNobody, f"Bearer {key}").status_code == 403
    assert call(OpenToCheckers, f"Bearer {key}").status_code == 200


@pytest.mark.django_db
def test_a_key_without_the_scope_is_refused() -> None:
    answer = call(OpenToCheckers, f"Bearer {make_key(Scope.CONSENTS_WRITE)}")

    assert answer.status_code == 403
    assert answer.data["code"] == "permission_denied"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "authorization", [None, "Bearer", "Bearer a b", "Basic YTpi", "Bearer unknown", "Bearer é"]
)
def test_without_a_valid_key_the_answer_is_a_challenge(authorization: str | None) -> None:
    answer = call(OpenToCheckers, authorization)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="accordant"'
    assert answer.content_type == "application/problem+json"


@pytest.mark.django_db
def test_an_expired_key_is_refused() -> None:
    key = make_key(Scope.CHECK, made=timedelta(hours=2))

    assert call(OpenToCheckers, f"Bearer {key}").status_code == 401


def test_every_fault_of_a_body_is_listed_with_its_path_and_without_its_value() -> None:
    body = Colours(data={"colour": SECRET, "sizes": [1, SECRET]})
    with pytest.raises(ValidationError) as refusal:
        body.is_valid(raise_exception=True)

    answer = exception_handler(refusal.value, {})

    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (400, "invalid_request")
    assert [fault["path"] for fault in answer.data["errors"]] == ["/colour", "/sizes/1"]
    assert SECRET not in json.dumps(answer.data)


def test_an_error_of_ours_keeps_its_code_and_status() -> None:
    answer = exception_handler(Gone("Ask again with another id."), {})

    assert answer is not None
    assert answer.data == {
        "type": "about:blank",
        "title": "Gone",
        "status": 410,
        "detail": "Ask again with another id.",
        "code": "gone",
    }


def test_what_django_raises_is_a_problem_too() -> None:
    answer = exception_handler(Http404(SECRET), {})

    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (404, "not_found")
    assert SECRET not in json.dumps(answer.data)


def test_a_defect_of_ours_is_not_dressed_up() -> None:
    assert exception_handler(ZeroDivisionError(), {}) is None


def test_an_address_that_is_not_there_is_a_problem(client: Client) -> None:
    answer = client.get("/nowhere")

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "code"), [("/healthz", 200), ("/readyz", 200), ("/api/schema/", 200)])
def test_probes_and_the_api_document_answer_anybody(client: Client, path: str, code: int) -> None:
    assert client.get(path).status_code == code


@pytest.mark.django_db
def test_eval_is_allowed_under_the_admin_and_nowhere_else(client: Client) -> None:
    policy: Callable[[str], str] = lambda path: client.get(path).headers["Content-Security-Policy"]  # noqa: E731

    assert "'unsafe-eval'" in policy("/admin/login/")
    assert "'unsafe-eval'" not in policy("/api/docs/")
    assert not any(
        "script-src" in part and "'unsafe-inline'" in part for part in policy("/admin/login/").split(";")
    )
    assert "default-src 'self'" in policy("/healthz")


@pytest.mark.django_db
def test_a_part_that_is_down_makes_the_service_not_ready(
    client: Client, settings: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere.sock"  # type: ignore[attr-defined]

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": "ok", "keys": "ok", "migrations": "ok", "broker": "failed"}

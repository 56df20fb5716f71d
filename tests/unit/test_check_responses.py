"""Answers as bytes."""

import json

import pytest

from activation.checks.server.http import LastResponse, closing, problem, problem_response, response
from config.problems import problem as reference


def test_a_response_is_complete() -> None:
    assert response(200, b"{}", headers=[(b"X-Request-ID", b"a")]) == (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nX-Request-ID: a\r\n\r\n{}"
    )


def test_a_status_without_a_name_has_none() -> None:
    assert response(299, b"").startswith(b"HTTP/1.1 299 \r\n")


@pytest.mark.parametrize("value", [b"a\r\nB: c", b"a\nb", b"a\rb", b"\0"])
def test_a_header_cannot_break_out_of_its_line(value: bytes) -> None:
    with pytest.raises(ValueError, match="line break"):
        response(200, b"", headers=[(b"X-Request-ID", value)])


@pytest.mark.parametrize("answer", [response(200, b"a"), response(200, b"a", keep_alive=False)])
def test_the_last_response_says_so_once(answer: bytes) -> None:
    assert closing(answer).count(b"\r\nConnection: close\r\n") == 1
    assert closing(answer).endswith(b"\r\n\r\na")


def test_only_the_last_response_is_marked() -> None:
    assert isinstance(response(200, b"", keep_alive=False), LastResponse)
    assert type(response(200, b"")) is bytes


def test_a_problem_is_what_the_reference_views_answer() -> None:
    members = reference(status=404, code="not_found", detail="Nö.")

    assert json.loads(problem(404, "not_found", "Nö.")) == members
    assert list(json.loads(problem(404, "not_found", "Nö."))) == list(members)
    assert b"application/problem+json" in problem_response(404, "not_found", "Nö.")

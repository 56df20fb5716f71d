"""A service that holds rows about people, as others' APIs do: pages, jobs, keys that are honoured."""

from typing import Any

from tests.fakes.service import Asked, FakeService, Reply, need

SECRET = "let-me-in"
URL_ACTIONS: dict[str, Any] = {
    "collect": {
        "path": "/people/search",
        "body": {"email": "{{email}}", "page": {"size": 2}},
        "answer": {
            "rows": "/rows",
            "dataset": "orders",
            "found": "/total",
            "nothing": [404],
            "paging": {"next": "/next", "into": "/page/after"},
        },
    },
    "erase": {
        "path": "/people/erase",
        "body": {"emails": "{{email[]}}", "keep": "{{keep}}"},
        "answer": {
            "dataset": "orders",
            "found": "/found",
            "done": "/erased",
            "kept": "/kept",
            "ground": "/why",
        },
    },
    "rectify": {
        "path": "/people/correct",
        "method": "PATCH",
        "body": {"who": "{{identifiers}}", "to": "{{corrections}}"},
    },
    "verify_gone": {
        "path": "/people/search",
        "body": {"email": "{{email}}"},
        "answer": {"rows": "/rows", "dataset": "orders", "nothing": [404]},
    },
}


class PersonService(FakeService):
    """Holds orders by e-mail address; erases each once, whatever key comes twice."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, list[dict[str, Any]]] = {}
        self.kept = 0
        self.answers: dict[str, Reply] = {}
        """By idempotency key."""
        self.raw: Reply | None = None
        """What is answered whatever is asked."""

    def answer(self, asked: Asked) -> Reply:
        """Answer as its documentation would say."""
        need(asked.headers.get("authorization") == f"Bearer {SECRET}", "who are you?", 401)
        if self.raw is not None:
            return self.raw
        if asked.method == "GET":
            return self._tell_job(asked)
        if asked.method == "DELETE":
            return Reply(404, {})
        key = asked.headers.get("idempotency-key", "")
        need(key, "a key is needed")
        if key not in self.answers or asked.path == "/people/search":
            self.answers[key] = self._act(asked)
        return self.answers[key]

    def settings(self, **others: Any) -> dict[str, Any]:
        """Return how the data map declares it."""
        return {"url": self.url, "actions": URL_ACTIONS, "attempts": 1, "timeout_seconds": 3.0, **others}

    def _act(self, asked: Asked) -> Reply:
        told = asked.json()
        if asked.path == "/people/search":
            return self._search(told)
        if asked.path == "/people/erase":
            found = sum(len(self.orders.pop(email, ())) for email in told["emails"])
            erased = found - min(found, self.kept)
            return Reply(200, {"found": found, "erased": erased, "kept": found - erased, "why": "tax law"})
        if asked.path == "/jobs":
            return Reply(202, {"id": "job-7"})
        return Reply(204, b"")

    def _search(self, told: dict[str, Any]) -> Reply:
        rows = self.orders.get(told["email"])
        if rows is None:
            return Reply(404, {})
        size = told.get("page", {}).get("size", 1000)
        after = int(told.get("page", {}).get("after", 0))
        more = after + size < len(rows)
        page = rows[after : after + size]
        return Reply(200, {"rows": page, "total": len(page), "next": str(after + size) if more else None})

    def _tell_job(self, asked: Asked) -> Reply:
        need(asked.path == "/jobs/job-7", "no such job", 404)
        return Reply(200, {"status": self.job, "rows": [{"n": 1}, {"n": 2}]})

    job = "running"

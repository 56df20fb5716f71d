"""Braze's `/users/track` and `/v2/subscription/status/set`, as the public pages describe them."""

import re
from typing import Any

from tests.fakes.service import Asked, FakeService, Rejected, Reply, need, need_fields

API_KEY = "braze-key-9d0c5f3a-planted"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_IDENTIFIERS = ("external_id", "email")


class FakeBraze(FakeService):
    """Profiles with custom attributes, and who is in which subscription group."""

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        super().forget()
        self.profiles: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, str]] = {}
        self.bad_people: set[str] = set()
        """Whom it does not take, and says so in `errors` of a 201."""

    def refusal(self) -> Reply:
        return Reply(401, {"message": "Invalid API key"})

    def answer(self, asked: Asked) -> Reply:
        """Do as the endpoint says."""
        if asked.headers.get("authorization") != f"Bearer {API_KEY}":
            raise Rejected(401, {"message": "Invalid API key"})
        need(asked.method == "POST", "method", 405)
        body = asked.json()
        if asked.path == "/users/track":
            return self._track(body)
        if asked.path == "/v2/subscription/status/set":
            return self._subscribe(body)
        raise Rejected(404, {"message": "Invalid URL"})

    def _track(self, body: Any) -> Reply:
        need_fields(body, required=set(), optional={"attributes", "events", "purchases"}, where="track")
        objects = body.get("attributes", [])
        if not objects:
            return Reply(400, {"message": "Valid data must be provided in the 'attributes' field"})
        need(len(objects) <= 75, "more than 75 objects")
        errors = [
            {"type": f"'{told.get('external_id')}' is invalid", "input_array": "attributes", "index": index}
            for index, told in enumerate(objects)
            if not self._write(told)
        ]
        body = {"message": "success", "attributes_processed": len(objects) - len(errors)}
        return Reply(201, body | ({"errors": errors} if errors else {}))

    def _write(self, told: dict[str, Any]) -> bool:
        names = [name for name in _IDENTIFIERS if name in told]
        need(len(names) == 1, "one of external_id, email")
        who = told[names[0]]
        need(isinstance(who, str) and 0 < len(who) <= 987, "identifier")
        need(names[0] != "email" or _EMAIL.fullmatch(who), "email")
        need(isinstance(told.get("_update_existing_only", False), bool), "_update_existing_only")
        if who in self.bad_people:
            return False
        if told.get("_update_existing_only") and who not in self.profiles:
            return True  # nobody is made, and nothing is said
        profile = self.profiles.setdefault(who, {})
        for name, value in told.items():
            if name in _IDENTIFIERS or name == "_update_existing_only":
                continue
            need(not name.startswith("_"), "unknown field")
            need(value is None or isinstance(value, (bool, int, float, str)), "type of attribute")
            need(not isinstance(value, str) or len(value) <= 255, "attribute too long")
            if value is None:
                profile.pop(name, None)
            else:
                profile[name] = value
        return True

    def _subscribe(self, body: Any) -> Reply:
        need_fields(body, required={"subscription_groups"}, where="status")
        for told in body["subscription_groups"]:
            need_fields(
                told,
                required={"subscription_group_id", "subscription_state"},
                optional={"external_ids", "emails", "phones"},
                where="group",
            )
            need(told["subscription_state"] in {"subscribed", "unsubscribed"}, "subscription_state")
            lists = [told[name] for name in ("external_ids", "emails", "phones") if name in told]
            need(len(lists) == 1 and 1 <= len(lists[0]) <= 50, "1 to 50 people of one sort")
            for who in lists[0]:
                states = self.groups.setdefault(told["subscription_group_id"], {})
                states[who] = told["subscription_state"]
        return Reply(201, {"message": "success"})

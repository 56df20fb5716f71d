"""Two officers who save one draft at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections
from django.test import Client

from consent.policies import queries
from consent.policies.models import PolicyStep, Purpose
from consent.policies.rows import read_rows
from tests.policy_editor import address_of, fields_of, row_of, sign_in_editor, version_of
from tests.policy_officers import make_draft


def test_of_two_who_save_at_the_same_moment_one_is_told(committed_database: str) -> None:
    draft = make_draft()
    names = ("alice", "bob")
    clients = {name: Client() for name in names}
    for name, client in clients.items():
        sign_in_editor(client, name)
    slugs = {"alice": "marketing.email", "bob": "service.orders"}
    rows = {name: row_of(draft, Purpose, slug=slug) for name, slug in slugs.items()}
    opened = {name: fields_of(clients[name].get(address_of(rows[name]))) for name in names}
    together = Barrier(2)

    def save(name: str) -> int:
        try:
            together.wait()
            sent = {**opened[name], "title": f"{name} was here"}
            return clients[name].post(address_of(rows[name]), sent).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as officers:
        answers = dict(zip(names, officers.map(save, names), strict=True))

    assert sorted(answers.values()) == [200, 302]
    winner = next(name for name, status in answers.items() if status == 302)
    titles = Purpose.objects.filter(title__endswith="was here").values_list("title", flat=True)
    assert list(titles) == [f"{winner} was here"]
    assert PolicyStep.objects.filter(kind="edited", officer__username=winner).count() == 1
    assert PolicyStep.objects.filter(kind="edited").count() == 1
    version = version_of(draft)
    assert read_rows(version) == queries.get_document(version_id=version.pk)

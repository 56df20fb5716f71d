"""A retailer's lineage as its tools and this service tell it, for the pages over it."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.contrib.auth.models import Permission, User
from django.db.models import Max
from django.test import Client

from activation.desk.lineage.counting import count_anew
from lineage.graph import services
from lineage.graph.loading import admit
from lineage.graph.models import Dataset, Job
from lineage.graph.rules.reading import read_facts
from lineage.graph.types import Origin
from tests.graph_world import dataset, facet, run_event, send, tags

PAGE = "/admin/activation_desk/lineage/"
SHOP = "postgres://shop.example:5432"
LAKE = "s3://harbor-lake"
DROP = "s3://partner-drop"
DESTINATIONS = "accordant://destinations"
GATE_RUN = UUID("5f0c2a9e-6f0e-4c58-9a43-0d5b8f4f7e10")
HOSTILE = "<script>alert(document.domain)</script><img src=x onerror=alert(1)>"
TURNED = "invoice\u202egnp.exe \u2066\u200b"
EMOJI = "😀 customers 👩‍👩‍👧"
LONG = "n" * 1024  # longer ones are refused where they come in
ADDRESS = "javascript:alert(1)"
DECISION = {
    "policyVersion": 1,
    "policyDigest": f"sha256:{sha256(b'policy').hexdigest()}",
    "purpose": "advertising.audience",
    "destination": "meridian_ads",
    "controller": "harbor",
    "legalBases": ["consent"],
    "watermark": 4711,
    "rowsIn": 1000,
    "allowed": 812,
    "deniedByReason": {"withdrawn": 108, "opted_out": 80},
    "obligations": [
        {"kind": "mask", "field": "email", "value": "sha256"},
        {"kind": "drop", "field": "phone"},
    ],
    "manifestDigest": f"sha256:{sha256(b'manifest').hexdigest()}",
}


def send_ours(
    job: str,
    *,
    decision: Mapping[str, Any] | None = None,
    run_id: UUID | None = None,
    source: Mapping[str, Any],
    target: Mapping[str, Any],
    purpose: str = "",
    minutes: float = 0,
) -> None:
    """Have a run of this service be told of, as the outbox hands its events over."""
    run_facets = {"accordant_decision": facet(**decision)} if decision else {}
    job_facets = {"processing": facet(purpose=purpose, legal_basis="consent")} if purpose else {}
    told: dict[str, Any] = {
        "namespace": "accordant",
        "inputs": [dict(source)],
        "outputs": [dict(target)],
        "run_facets": run_facets,
        "job_facets": job_facets,
    }
    ids = run_id or uuid5(NAMESPACE_URL, job)
    events = [
        run_event(job, run_id=ids, state="START", minutes=minutes, **told),
        run_event(job, run_id=ids, minutes=minutes + 3, **told),
    ]
    admit([read_facts(event, origin=Origin.EMITTED) for event in events])
    services.load(limit=1000)


def tell_retailer(*, at: datetime, run_id: UUID = GATE_RUN, decision: Mapping[str, Any] = DECISION) -> None:
    """Tell of customers who are gathered, enforced for two destinations, and exported past every gate.

    `run_id` and `decision` are those of the first of the two.
    """
    count_anew()  # what an earlier test had counted
    services.set_boundary(namespace=DROP, is_outside=True, by="officer 1", at=at)
    customers = dataset(
        "shop.public.customers",
        namespace=SHOP,
        tags=tags(("data_category", "user.contact.email,user.name"), ("pii", "true", "email")),
        schema=facet(
            fields=[
                {"name": "customer_id", "type": "text"},
                {"name": "email", "type": "text"},
                {"name": "residence", "type": "text"},
            ]
        ),
        ownership=facet(owners=[{"name": "team:crm", "type": "OWNER"}]),
    )
    orders = dataset("shop.public.orders", namespace=SHOP, tags=tags(("pii", "true")))
    base = dataset("marts/customer_base", namespace=LAKE)
    products = dataset("marts/products", namespace=LAKE)
    send(
        run_event(
            "nightly.build_customer_base",
            inputs=[customers, orders],
            outputs=[base],
            state="START",
            minutes=-90,
        ),
        run_event(
            "dbt.catalogue", inputs=[dataset("shop.public.products", namespace=SHOP)], outputs=[products]
        ),
        run_event(
            "export_lookalikes",
            inputs=[base, products],
            outputs=[dataset("lookalikes/2026-11", namespace=DROP)],
            namespace="dbt",
            minutes=-60,
        ),
    )
    send_ours(
        "enforce_audience.advertising.audience.meridian_ads",
        decision=decision,
        run_id=run_id,
        source=base,
        target=dataset("meridian_ads", namespace=DESTINATIONS),
        purpose="advertising.audience",
    )
    send_ours(
        "enforce_audience.email.newsletter.brightmail",
        decision={**DECISION, "purpose": "email.newsletter", "destination": "brightmail"},
        source=base,
        target=dataset("brightmail", namespace=DESTINATIONS),
        purpose="email.newsletter",
        minutes=-5,
    )


def tell_hostile_names() -> None:
    """Tell of a job and datasets whose names would do harm if they were taken for markup or an address."""
    send(
        run_event(
            HOSTILE,
            inputs=[dataset(TURNED, namespace=HOSTILE), dataset(EMOJI, namespace=ADDRESS)],
            outputs=[dataset(LONG, namespace=ADDRESS), dataset(ADDRESS, namespace=TURNED)],
            minutes=5,
        )
    )


def key_of(name: str) -> str:
    """Return the key of the dataset or job of this name."""
    found = Dataset.objects.filter(name=name).aggregate(pk=Max("pk"))["pk"]
    return f"d{found}" if found else f"j{Job.objects.get(name=name).pk}"


def officer(*permissions: str) -> Client:
    """Return the browser of a member of staff."""
    user = User.objects.create_user("officer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client

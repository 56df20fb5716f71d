"""The shop's own systems in the story: its customers and orders, and who reads its newsletter."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from sqlalchemy import (
    Column,
    Connection,
    Date,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    create_engine,
    func,
    insert,
    select,
)
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema

from config.demo.draws import draw
from config.demo.people import Person, make_person
from config.demo.purchases import read_purchases
from consent.requests import services as requests

DATA_MAP = Path(__file__).with_name("data_map.yaml")
CRM, NEWSLETTER = "shop_crm", "newsletter"
"""Both by their names in ACCORDANT_SYSTEMS."""
_FIRST = ("Alex", "Chris", "Dana", "Jona", "Kim", "Lou", "Maxi", "Noel", "Robin", "Sam")
_LAST = ("Berg", "Costa", "Fox", "Lind", "Moreau", "Neri", "Rossi", "Silva", "Visser", "Winter")

_crm, _newsletter = MetaData(schema=CRM), MetaData()
_customers = Table(
    "customers",
    _crm,
    Column("customer_id", Text, primary_key=True),
    Column("email", Text),
    Column("name", Text),
    Column("country", Text),
)
_orders = Table(
    "orders",
    _crm,
    Column("id", Integer, primary_key=True),
    Column("customer_id", Text, ForeignKey(_customers.c.customer_id), index=True),
    Column("ordered_on", Date),
    Column("records", Integer),
    Column("dollars", Numeric(10, 2)),
)
_readers = Table("readers", _newsletter, Column("address", Text, primary_key=True))


def fill(customers: Collection[str]) -> None:
    """Have both systems know `customers`. Whom they know already is left as they are."""
    with _opened(CRM) as crm:
        crm.execute(CreateSchema(CRM, if_not_exists=True))
        _crm.create_all(crm)
        there = set(crm.scalars(select(_customers.c.customer_id)))
        new = [make_person(one) for one in sorted(set(customers) - there)]
        if new:
            crm.execute(insert(_customers), [_tell(one) for one in new])
            crm.execute(insert(_orders), _list_orders({one.customer_id for one in new}))
    with _opened(NEWSLETTER) as newsletter:
        _newsletter.create_all(newsletter)
        readers = set(newsletter.scalars(select(_readers.c.address)))
        if addresses := [{"address": one.email} for one in new if one.email not in readers]:
            newsletter.execute(insert(_readers), addresses)


def declare() -> None:
    """Make the data map what the story's file says.

    :raises DataMapRefused: if the file has faults.
    """
    requests.import_data_map(DATA_MAP.read_text(encoding="utf-8"), changed_by="ada")


def count_rows(customer_id: str) -> dict[str, int]:
    """Return how many rows each table holds of one customer."""
    email = make_person(customer_id).email
    whose = (
        (CRM, _customers, _customers.c.customer_id == customer_id),
        (CRM, _orders, _orders.c.customer_id == customer_id),
        (NEWSLETTER, _readers, _readers.c.address == email),
    )
    counted = {}
    for system, table, condition in whose:
        with _opened(system) as connection:
            found = connection.scalar(select(func.count()).select_from(table).where(condition))
            counted[table.name] = int(found or 0)
    return counted


@contextmanager
def _opened(system: str) -> Iterator[Connection]:
    """Give a connection as the shop's own: what is written in the block is committed at its end."""
    engine = create_engine(settings.SYSTEMS[system], poolclass=NullPool)
    with engine.begin() as connection:
        yield connection


def _tell(person: Person) -> dict[str, str]:
    first, last = (
        names[draw(person.customer_id, topic, len(names))]
        for names, topic in ((_FIRST, "first name"), (_LAST, "last name"))
    )
    return {
        "customer_id": person.customer_id,
        "email": person.email,
        "name": f"{first} {last}",
        "country": person.country,
    }


def _list_orders(customers: Collection[str]) -> list[dict[str, object]]:
    return [
        {
            "customer_id": one.customer_id,
            "ordered_on": one.ordered_on,
            "records": one.units,
            "dollars": one.dollars,
        }
        for one in read_purchases()
        if one.customer_id in customers
    ]

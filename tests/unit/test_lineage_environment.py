"""Where lineage goes, as the environment says: read strictly, and never repeated."""

from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import Env
from config.lineage import read_backends, read_kafka
from lineage.outbox.types import HttpSettings, KafkaSettings

PREFIX = "ACCORDANT_LINEAGE"
SECRET = "a-secret-value"


def give(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Env:
    for name, value in variables.items():
        monkeypatch.setenv(f"{PREFIX}_{name}", value)
    return Env()


def test_nothing_is_sent_by_http_or_kafka_unless_it_is_named() -> None:
    assert read_backends(Env()) == {}
    assert read_kafka(Env()) is None


def test_one_backend_needs_an_address_only(monkeypatch: pytest.MonkeyPatch) -> None:
    env = give(monkeypatch, URL="https://marquez.example.com")

    assert read_backends(env) == {
        "http": HttpSettings(url="https://marquez.example.com/", endpoint="api/v1/lineage")
    }


def test_several_backends_each_have_their_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    env = give(
        monkeypatch,
        BACKENDS="marquez,datahub",
        MARQUEZ_URL="http://marquez:5000",
        DATAHUB_URL="https://datahub.example.com/gms/",
        DATAHUB_ENDPOINT="/openapi/openlineage/api/v1/lineage",
        DATAHUB_API_KEY=SECRET,
        DATAHUB_TIMEOUT="2.5",
        DATAHUB_GZIP="true",
    )

    backends = read_backends(env)

    assert list(backends) == ["marquez", "datahub"]
    assert backends["datahub"] == HttpSettings(
        url="https://datahub.example.com/gms/",
        endpoint="openapi/openlineage/api/v1/lineage",
        api_key=SECRET,
        timeout=timedelta(seconds=2.5),
        is_packed=True,
    )
    assert SECRET not in repr(backends)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", "marquez.example.com"),
        ("URL", "ftp://marquez.example.com"),
        ("URL", f"https://us:{SECRET}@marquez.example.com"),
        ("URL", f"https://marquez.example.com/?key={SECRET}"),
        ("URL", "https://"),
        ("URL", "https://[::1"),
        ("API_KEY", f"{SECRET} and more"),
        ("API_KEY", f"{SECRET}\nX-Other: header"),
        ("API_KEY", f"{SECRET}é"),
        ("TIMEOUT", "soon"),
        ("TIMEOUT", "0"),
        ("TIMEOUT", "61"),
        ("TIMEOUT", "nan"),
        ("BACKENDS", "file"),
        ("BACKENDS", "Marquez"),
        ("BACKENDS", "http"),
    ],
)
def test_what_cannot_be_used_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    env = give(monkeypatch, **{"URL": "https://marquez.example.com", name: value})

    with pytest.raises(ImproperlyConfigured) as refused:
        read_backends(env)

    assert f"{PREFIX}_{name}" in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_topic_is_read_with_its_properties(monkeypatch: pytest.MonkeyPatch) -> None:
    properties = f"security.protocol=SASL_SSL\n\n sasl.password = {SECRET}=x \n"
    env = give(monkeypatch, KAFKA="one:9092,two:9092", KAFKA_TOPIC="lineage", KAFKA_PROPERTIES=properties)

    kafka = read_kafka(env)

    assert kafka == KafkaSettings(
        servers="one:9092,two:9092",
        topic="lineage",
        properties={"security.protocol": "SASL_SSL", "sasl.password": f"{SECRET}=x"},
    )
    assert SECRET not in repr(kafka)


@pytest.mark.parametrize("line", [SECRET, f"={SECRET}", f"Name {SECRET}=1"])
def test_a_malformed_property_is_named_by_its_line_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    env = give(monkeypatch, KAFKA="one:9092", KAFKA_PROPERTIES=f"a.b=1\n{line}")

    with pytest.raises(ImproperlyConfigured, match="line 2") as refused:
        read_kafka(env)

    assert SECRET not in str(refused.value)

"""What the register asks for of a Kafka topic."""

from typing import Annotated, Literal

import msgspec

_TOPIC = r"^[A-Za-z0-9._-]{1,200}\Z"


class KafkaSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Kafka topic."""

    servers: Annotated[
        list[Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.-]{1,253}:[0-9]{1,5}\Z")]],
        msgspec.Meta(
            description="Brokers to begin with, each as `host:port`. The addresses of these, and of those"
            " that the cluster names, are checked",
            min_length=1,
            max_length=20,
        ),
    ]
    topic: Annotated[
        str, msgspec.Meta(description="Name of the topic of the rows, which must be there", pattern=_TOPIC)
    ]
    deliveries_topic: Annotated[
        str,
        msgspec.Meta(
            description="Name of the topic that gets one message for each delivery that is complete, with the"
            " run's manifest; it must be there, and keeps its messages by key (`cleanup.policy=compact`)",
            pattern=_TOPIC,
        ),
    ]
    security: Annotated[
        Literal["sasl_tls", "tls", "plaintext"],
        msgspec.Meta(
            description="`sasl_tls` with user and password over TLS; `plaintext` is for local addresses only"
        ),
    ] = "sasl_tls"
    user: Annotated[str, msgspec.Meta(description="Name of the user, for `sasl_tls`", max_length=200)] = ""
    mechanism: Annotated[
        Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"],
        msgspec.Meta(description="How the password is shown to the broker"),
    ] = "SCRAM-SHA-512"
    key_column: Annotated[
        str,
        msgspec.Meta(
            description="Column whose value is the messages' key, in clear. Without it the key is a SHA-256"
            " that names the person within the audience",
            max_length=200,
        ),
    ] = ""
    step_seconds: Annotated[
        int,
        msgspec.Meta(
            description="How long connecting, beginning, or ending a transaction may take, 1 to 300",
            ge=1,
            le=300,
        ),
    ] = 30
    delivery_seconds: Annotated[
        int,
        msgspec.Meta(
            description="How long the transaction of one delivery may last, 1 to 86400; at most the brokers'"
            " `transaction.max.timeout.ms`",
            ge=1,
            le=86_400,
        ),
    ] = 600

"""What the register asks for of an object store."""

from typing import Annotated, Literal

import msgspec


class ObjectStoreSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Objects in an S3-compatible store."""

    endpoint: Annotated[
        str,
        msgspec.Meta(
            description="Address of the store, such as `https://s3.eu-central-1.amazonaws.com`, without the"
            " bucket. Plain http is for local addresses only",
            min_length=1,
            max_length=300,
        ),
    ]
    bucket: Annotated[
        str,
        msgspec.Meta(
            description="Name of the bucket, which must be there",
            pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z",
        ),
    ]
    region: Annotated[
        str, msgspec.Meta(description="Region that requests are signed for", pattern=r"^[a-z0-9-]{1,40}\Z")
    ]
    prefix: Annotated[
        str,
        msgspec.Meta(
            description="What the objects' keys begin with, such as `meridian/audiences`, without `/` at"
            " either end. The key of an audience is `<prefix>/<audience>.<format>`",
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,100}(/[A-Za-z0-9][A-Za-z0-9._-]{0,100}){0,9}\Z",
        ),
    ]
    format: Annotated[
        Literal["parquet", "csv", "ndjson"], msgspec.Meta(description="Form of the objects")
    ] = "parquet"
    connect_seconds: Annotated[
        int, msgspec.Meta(description="How long connecting may take, 1 to 300", ge=1, le=300)
    ] = 10
    request_seconds: Annotated[
        int,
        msgspec.Meta(
            description="How long one request may take, that sends at most 16 MiB, 1 to 3600", ge=1, le=3600
        ),
    ] = 120

"""What the register asks for of a folder."""

from typing import Annotated, Literal

import msgspec

FileForm = Literal["parquet", "csv", "ndjson"]


class FileSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Files in a folder."""

    folder: Annotated[
        str,
        msgspec.Meta(
            description="Folder below the installation's folder for deliveries (ACCORDANT_DELIVERY_FOLDER),"
            " such as `meridian/audiences`. It is made if it is not there",
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,100}(/[A-Za-z0-9][A-Za-z0-9._-]{0,100}){0,9}\Z",
        ),
    ]
    format: Annotated[FileForm, msgspec.Meta(description="Form of the files")] = "parquet"

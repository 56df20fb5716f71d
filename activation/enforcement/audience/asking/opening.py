"""Opening a query as an audience."""

from pathlib import Path

from activation.enforcement.audience.asking.duck import ask_duckdb
from activation.enforcement.audience.asking.laying_out import lay_out
from activation.enforcement.audience.asking.postgres import ask_postgres
from activation.enforcement.audience.asking.query_source import QuerySource
from activation.enforcement.audience.asking.sources import get_source
from activation.enforcement.audience.asking.statement import read_query
from activation.enforcement.audience.asking.telling import tell_of_query
from activation.enforcement.audience.asking.types import SourceKind
from activation.enforcement.audience.types import Audience, AudienceFormat

_ASK = {SourceKind.POSTGRESQL: ask_postgres, SourceKind.DUCKDB: ask_duckdb}


def open_query(*, query: Path, source: str) -> Audience:
    """Return the audience that the query in the file `query` finds at the source called `source`.

    Its `path` is the query's file, its format Parquet, which keeps every column's type. Each call of
    `batches` asks anew; `digest` then stands for the rows read (see `QuerySource`).

    :raises SourceUnknown: if the operator configured no such source.
    :raises AudienceUnreadable: if the query is none, is refused, or the source cannot be asked.
    """
    found = get_source(source)
    asked = read_query(query.resolve(), found.kind)
    answer = QuerySource(lambda: _ASK[found.kind](found, asked))
    told = tell_of_query(found, asked, answer.schema, lay_out(found, asked))
    return Audience(
        asked.path, AudienceFormat.PARQUET, answer.schema, answer.batches, answer.digest, asked=told
    )

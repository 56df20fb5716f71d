"""Compiled validators of the schemas in this package, and what is wrong in our own words.

The words never repeat a value: it may be about somebody. The formats that OpenLineage uses (`uuid`,
`date-time`, `uri`) are enforced, which JSON Schema leaves to the validator.
"""

from collections.abc import Iterable, Iterator
from functools import cache

from jsonschema_rs import (
    Draft202012,
    Draft202012Validator,
    RegexOptions,
    Registry,
    ValidationError,
    ValidationErrorKind,
)

from lineage.facets.paths import Part, Path, write_path
from lineage.facets.schemas import get_schemas

_WORDS = {
    "additionalProperties": "has a field that its schema does not know",
    "not": "has fields that its schema excludes",
    "pattern": "has not the form that its schema asks for",
    "propertyNames": "has a field with a name of another form than its schema asks for",
    "uniqueItems": "holds a value twice",
}


def find_violations(schema_url: str, value: object, at: Path = ()) -> Iterator[str]:
    """Yield every violation in `value` of one of our schemas, as `path: what is wrong`.

    `value` must be JSON of a sane depth: see `walking`. `at` is where it stands in the event.
    """
    for error in get_validator(schema_url).iter_errors(value):
        yield from _tell(error, value, at)


@cache
def get_validator(schema_url: str) -> Draft202012Validator:
    """Return the validator of a schema or definition in this package.

    :raises ReferencingError: if there is none of that name: nothing is fetched.
    """
    return Draft202012Validator(
        {"$ref": schema_url},
        registry=_registry(),
        validate_formats=True,
        ignore_unknown_formats=False,
        pattern_options=RegexOptions(),
        offline=True,
    )


@cache
def _registry() -> Registry:
    return Registry([(url, dict(schema)) for url, schema in get_schemas().items()], draft=Draft202012)


def _tell(error: ValidationError, value: object, at: Path) -> Iterator[str]:
    for cause in _causes(error):
        path = _path_in(value, cause.instance_path)
        yield f"{write_path((*at, *path))}: {_say(cause)}"


def _path_in(value: object, told: Iterable[Part]) -> Iterator[Part]:
    """Yield the path that was told, a number only where there is a list.

    The validator tells the name `+441632960001` as a number too, and a number would be shown.
    """
    for part in told:
        if isinstance(value, list) and isinstance(part, int):
            yield part
            value = value[part]
        else:
            yield str(part)
            value = value.get(str(part)) if isinstance(value, dict) else None


def _causes(error: ValidationError) -> Iterator[ValidationError]:
    """Yield the causes behind an `anyOf`, which by itself would only say that nothing fits."""
    if not isinstance(error.kind, ValidationErrorKind.AnyOf):
        yield error
        return
    for branch in error.kind.context:
        for cause in branch:
            yield from _causes(cause)


def _say(error: ValidationError) -> str:
    match error.kind:
        case ValidationErrorKind.Required(name):
            told = f"{name} is missing"
        case ValidationErrorKind.Type(types):
            told = f"is not of type {' or '.join(types)}"
        case ValidationErrorKind.Format(name):
            told = f"is no {name}"
        case ValidationErrorKind.Enum(options):
            told = f"is none of {', '.join(map(str, options))}"
        case ValidationErrorKind.Minimum(limit):
            told = f"is less than {limit}"
        case ValidationErrorKind.MaxLength(limit):
            told = f"is longer than {limit}"
        case other:
            told = _WORDS.get(other.name, f"does not fit its schema's {other.name}")
    return told

"""Writing a package's files, from the first to the last, which is the signed statement of all others."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from consent.kernel import canonical
from consent.kernel.signing import SigningKey
from consent.ledger import queries as ledger_queries
from consent.ledger import services as ledger
from consent.ledger.types import rfc3339
from consent.requests.packages.archive import Archive
from consent.requests.packages.choices import History, write_known
from consent.requests.packages.contents import PASSES, Contents
from consent.requests.packages.naming import name_page
from consent.requests.packages.pages import render
from consent.requests.packages.recipients import read_recipients, write_recipients
from consent.requests.packages.storing import PackageSink
from consent.requests.packages.tables import PackedDataset, write_dataset
from consent.requests.packages.types import RecipientRow
from consent.verifier.access.statement import ACCESS_STATEMENT, STATEMENT, AccessStatement


def write_contents(contents: Contents, sink: PackageSink) -> None:
    """Write the package.

    :raises BuildTaken: if it is not this attempt's any more.
    :raises KeyNotHandedOver: if the configured key is not the one that signs the log.
    """
    archive = Archive(sink, made_at=contents.package.created_at)
    archive.add("README.txt", _readme(contents).encode())
    pages = _write_datasets(contents, archive, sink)
    history = History(contents.refs, contents.policy, contents.words, lambda: sink.tell_of(0))
    first_choice = history.write(archive, at=contents.package.created_at)
    write_known(archive, contents.refs, contents.words)
    context: dict[str, Any] = {
        "choices": {
            "page": first_choice,
            "count": contents.words.say("index.choices_count", count=history.count),
        },
        **_describe_data(contents, pages),
    }
    if contents.is_access:
        context |= _write_information(contents, archive)
    archive.add("index.html", _index(contents, context).encode())
    archive.add(STATEMENT, _state(contents, archive.digests))
    archive.close()


def _write_datasets(contents: Contents, archive: Archive, sink: PackageSink) -> Mapping[str, int]:
    """Write the datasets; return how many pages each has, by its stem. Rows are done in the end only."""
    passed = 0

    def progress() -> None:
        nonlocal passed
        passed += 1
        sink.tell_of(1 if passed % PASSES == 0 else 0)

    pages = {}
    for one in contents.datasets:
        if one.columns:
            pages[one.stem] = write_dataset(
                archive, one, contents.words, with_pages=contents.is_access, progress=progress
            )
        else:
            _count_as_withheld(one)
            sink.tell_of(one.dataset.rows)
    return pages


def _count_as_withheld(one: PackedDataset) -> None:
    """Count the rows of a dataset of which no column is shown."""
    reasons = {reason for column in one.dataset.columns if (reason := one.hider.keeps(column)) is not None}
    for reason in sorted(reasons)[:1]:
        one.tally.withheld[reason, ""] += one.dataset.rows


def _describe_data(contents: Contents, pages: Mapping[str, int]) -> dict[str, Any]:
    """Return what the overview says of the systems' data."""
    systems: dict[str, dict[str, Any]] = {}
    for one in contents.datasets:
        if one.stem in pages and one.step.system is not None:
            system = systems.setdefault(
                one.step.system.slug, {"title": one.step.system.title, "datasets": []}
            )
            system["datasets"].append(_describe_dataset(contents, one, has_page=bool(pages[one.stem])))
    titles = ", ".join(contents.incomplete)
    return {
        "systems": list(systems.values()),
        "incomplete": contents.words.say("index.incomplete", systems=titles) if titles else "",
        "categories": _list_categories(contents, pages),
        "withheld": _list_withheld(contents),
    }


def _describe_dataset(contents: Contents, one: PackedDataset, *, has_page: bool) -> dict[str, Any]:
    return {
        "title": one.mapped.title,
        "stem": one.stem,
        "page": name_page(one.stem, 1) if has_page else "",
        "rows": one.tally.rows,
        "purposes": ", ".join(map(contents.policy.purpose, one.mapped.purposes)),
        "retention": one.mapped.retention,
    }


def _list_categories(contents: Contents, pages: Mapping[str, int]) -> list[dict[str, Any]]:
    places: defaultdict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for one in contents.datasets:
        for column in one.columns if one.stem in pages else ():
            if column in one.mapped.fields:
                page = name_page(one.stem, 1) if pages[one.stem] else f"json/{one.stem}.json"
                place = {"title": one.mapped.title, "href": page}
                places[one.mapped.fields[column].category][one.stem] = place
    policy = contents.policy
    return [
        {
            "title": policy.category(slug),
            "is_special": policy.is_special(slug),
            "places": list(found.values()),
        }
        for slug, found in sorted(places.items())
    ]


def _list_withheld(contents: Contents) -> list[dict[str, Any]]:
    found: Counter[tuple[str, str]] = Counter()
    for one in contents.datasets:
        for (reason, said), count in one.tally.withheld.items():
            found[one.mapped.title, contents.words.why(reason, said)] += count
    return [{"dataset": title, "reason": reason, "count": count} for (title, reason), count in found.items()]


def _write_information(contents: Contents, archive: Archive) -> dict[str, Any]:
    """Write what Art. 15(1) asks for besides the data, and return what the overview shows of it."""

    def list_all() -> Iterator[RecipientRow]:
        return read_recipients(contents.request, contents.key)

    words = contents.words
    count, page = write_recipients(archive, list_all, contents.policy, words)
    shown = {
        "information": words.section("information"),
        "recipients": {"page": page, "count": count},
        **_describe_policy(contents),
    }
    content = {
        "purposes": shown["purposes"],
        "recipients": shown["destinations"],
        "retention": {one.mapped.title: one.mapped.retention for one in contents.datasets},
        **{name: words.say(f"information.{name}") for name in _STATED},
        "automated": shown["automated"],
    }
    archive.add("json/information.json", canonical.dumps(content) + b"\n")
    return shown


def _describe_policy(contents: Contents) -> dict[str, Any]:
    """Return what the policy says to the person: purposes, and who may receive data for them."""
    words, policy = contents.words, contents.policy
    purposes = policy.list_purposes()
    is_profiled = any(one.is_profiling for one in purposes)
    return {
        "purposes": [
            {
                "title": one.title,
                "description": one.description,
                "bases": ", ".join(words.name("basis", basis) for basis in one.bases),
                "is_profiling": one.is_profiling,
            }
            for one in purposes
        ],
        "destinations": [
            {
                "title": one.title,
                "role": words.name("role", one.role),
                "country": one.country,
                "purposes": ", ".join(map(policy.purpose, one.purposes)),
            }
            for one in policy.list_recipients()
        ],
        "automated": words.say("information.automated" if is_profiled else "information.automated_none"),
    }


_STATED = ("transfers", "source", "rights", "complaint")


def _index(contents: Contents, context: Mapping[str, Any]) -> str:
    words = contents.words
    return render(
        "index",
        words,
        title=_title(contents),
        made=_made(contents),
        how=words.say("index.how" if contents.is_access else "index.how_portability"),
        index=words.section("index"),
        **context,
    )


def _readme(contents: Contents) -> str:
    text = contents.words.say(
        "readme.text",
        title=_title(contents),
        reference=contents.request.reference,
        date=_date(contents),
    )
    return text.replace("\n", "\r\n") + "\r\n"


def _title(contents: Contents) -> str:
    name = "index.title_access" if contents.is_access else "index.title_portability"
    return contents.words.say(name, controller=contents.policy.controller(contents.request.controller))


def _made(contents: Contents) -> str:
    return contents.words.say("index.made", reference=contents.request.reference, date=_date(contents))


def _date(contents: Contents) -> str:
    return contents.package.created_at.astimezone(UTC).date().isoformat()


def _state(contents: Contents, digests: Mapping[str, str]) -> bytes:
    key, origin = _get_key()
    statement = AccessStatement(
        origin=origin,
        request=contents.request.reference,
        package=str(contents.package.pk),
        kind="access" if contents.is_access else "portability",
        created_at=rfc3339(contents.package.created_at),
        files=digests,
    )
    return ACCESS_STATEMENT.write(statement, key)


def _get_key() -> tuple[SigningKey, str]:
    """Return the key that signs the log, and the log's name; of one that was never signed, the configured."""
    keys: Sequence[object] = ledger_queries.list_log_keys()
    key = ledger.get_log_key() if keys else ledger.get_signing_key()
    return key, ledger_queries.get_origin() or key.verify_key.name

"""Asking about canaries as audience runs do: from the newest file of people, by one query a question."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
from pyarrow import parquet

from activation.enforcement.canaries.inquiries import Inquiry, PathUnavailable, lift_suspensions
from activation.enforcement.judging import Judge
from activation.enforcement.people_file import find_newest_file, open_judge
from activation.enforcement.roll import SCHEMA, introduce, name_people
from activation.enforcement.scratch import open_scratch
from activation.snapshots.bulk.planning import Asked
from activation.snapshots.bulk.running import open_duck
from activation.snapshots.queries import Snapshot, open_snapshot
from consent.subjects.queries import find_subjects
from consent.subjects.types import SubjectRef

People = Sequence[frozenset[SubjectRef]]


def ask_in_bulk(inquiries: Sequence[Inquiry], at: datetime) -> list[list[bool]]:
    """Answer from the newest file of people, and all that is newer, as if no destination were suspended.

    :raises PathUnavailable: if there is no file that a run would rest on.
    """
    with open_scratch(uuid4()) as scratch, open_duck(scratch) as duck, open_snapshot(at=at) as snapshot:
        file = find_newest_file(size=snapshot.watermark)
        if file is None:
            raise PathUnavailable("there is no file of people here that an audience run could rest on")
        lifted = replace(snapshot, register=lift_suspensions(snapshot.register))
        answers = []
        for inquiry in inquiries:
            asked = Asked(policy=lifted.policy, register=lifted.register, question=inquiry.question, at=at)
            judge, _ = open_judge(duck, asked, lifted, file)
            answers.append(_decide(judge, lifted, find_subjects(inquiry.people), scratch / "roll.parquet"))
        return answers


def _decide(judge: Judge, snapshot: Snapshot, people: People, roll: Path) -> list[bool]:
    introduce(judge, snapshot, people)
    rows = {
        "row": range(len(people)),
        "person": list(map(name_people, people)),
        "members": [None] * len(people),
        "keys": [None] * len(people),
        "canary": range(len(people)),
    }
    parquet.write_table(pa.table(rows, schema=SCHEMA), roll)
    judge.decide(roll)
    return [allowed for _, allowed in judge.canary_answers()]

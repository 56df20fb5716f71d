"""What the database itself does to keep a policy version's text and its way from being tampered with."""

import pgtrigger
from django.db import models

from consent.ledger.append_only import AppendOnly, UnconditionalTrigger


class TextDigest(models.Func):
    """`sha256:` and the hex digits of SHA-256 over a text's UTF-8 bytes. Migrations name this class."""

    template = "'sha256:' || encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
    output_field = models.TextField()


class OneWay(UnconditionalTrigger):
    """Refuses a change to the text, a step that is not the next one, and any change once published."""

    name = "one_way"
    when = pgtrigger.Before
    operation = pgtrigger.Update
    func = """
        IF OLD.status = 'published' THEN
            RAISE EXCEPTION 'a published policy version is never changed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF (OLD.id, OLD.key, OLD.version, OLD.document, OLD.digest, OLD.author_id, OLD.created_at)
            IS DISTINCT FROM
            (NEW.id, NEW.key, NEW.version, NEW.document, NEW.digest, NEW.author_id, NEW.created_at) THEN
            RAISE EXCEPTION 'the text of a policy version is never changed: import a new one'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.status = 'approved' AND
            (OLD.approver_id, OLD.approved_at, OLD.confirmed_digest)
            IS DISTINCT FROM
            (NEW.approver_id, NEW.approved_at, NEW.confirmed_digest) THEN
            RAISE EXCEPTION 'an approval is never changed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.status IS DISTINCT FROM NEW.status AND (OLD.status, NEW.status) NOT IN
            (('draft', 'in_review'), ('in_review', 'approved'), ('approved', 'published')) THEN
            RAISE EXCEPTION 'a policy version does not go from % to %', OLD.status, NEW.status
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    """


class Kept(AppendOnly):
    """Makes every DELETE and TRUNCATE fail, even one that would touch no row."""

    name = "kept"
    operation = pgtrigger.Delete | pgtrigger.Truncate

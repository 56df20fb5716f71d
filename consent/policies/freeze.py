"""What the database itself does to keep a policy version's text and its way from being tampered with."""

import pgtrigger
from django.db import models

from consent.ledger.append_only import AppendOnly, UnconditionalTrigger


class TextDigest(models.Func):
    """`sha256:` and the hex digits of SHA-256 over a text's UTF-8 bytes. Migrations name this class."""

    template = "'sha256:' || encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
    output_field = models.TextField()


class OwnDigest(UnconditionalTrigger):
    """Writes the digest of a row's text beside it, whatever it was given."""

    name = "own_digest"
    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update
    func = """
        NEW.digest := 'sha256:' || encode(sha256(convert_to(NEW.text, 'UTF8')), 'hex');
        RETURN NEW;
    """


class OneWay(UnconditionalTrigger):
    """Refuses a change to a text that is no draft, a step that is not the next one, and an approval by one
    who wrote the text or of a text that was not simulated. Once published, nothing changes at all.
    """

    name = "one_way"
    when = pgtrigger.Before
    operation = pgtrigger.Update
    func = """
        IF OLD.status = 'published' THEN
            RAISE EXCEPTION 'a published policy version is never changed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF (OLD.id, OLD.key, OLD.version, OLD.author_id, OLD.created_at)
            IS DISTINCT FROM (NEW.id, NEW.key, NEW.version, NEW.author_id, NEW.created_at) THEN
            RAISE EXCEPTION 'what a policy version is called, and who began it, is never changed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF (OLD.document, OLD.digest, OLD.title, OLD.source)
            IS DISTINCT FROM (NEW.document, NEW.digest, NEW.title, NEW.source)
            AND NOT (OLD.status = 'draft' AND NEW.status = 'draft') THEN
            RAISE EXCEPTION 'the text of a policy version is only changed while it is a draft'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.status = 'approved' AND
            (OLD.approver_id, OLD.approved_at, OLD.confirmed_digest, OLD.simulation_id)
            IS DISTINCT FROM
            (NEW.approver_id, NEW.approved_at, NEW.confirmed_digest, NEW.simulation_id) THEN
            RAISE EXCEPTION 'an approval is never changed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.status IS DISTINCT FROM NEW.status AND (OLD.status, NEW.status) NOT IN
            (('draft', 'in_review'), ('in_review', 'draft'), ('in_review', 'approved'),
            ('approved', 'published')) THEN
            RAISE EXCEPTION 'a policy version does not go from % to %', OLD.status, NEW.status
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.status = 'in_review' AND NEW.status = 'approved' THEN
            IF EXISTS (SELECT 1 FROM consent_policies_policystep WHERE version_id = NEW.id
                AND officer_id = NEW.approver_id AND kind IN ('imported', 'copied', 'edited')) THEN
                RAISE EXCEPTION 'nobody approves a text that they wrote a part of'
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF NOT EXISTS (SELECT 1 FROM consent_policies_simulation WHERE id = NEW.simulation_id
                AND version_id = NEW.id AND digest = NEW.digest) THEN
                RAISE EXCEPTION 'a text is approved with a simulation of that very text'
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
        END IF;
        RETURN NEW;
    """


class BeginsAsDraft(UnconditionalTrigger):
    """Refuses a version that is anything but a draft when it is made."""

    name = "begins_as_draft"
    when = pgtrigger.Before
    operation = pgtrigger.Insert
    func = """
        IF NEW.status <> 'draft' THEN
            RAISE EXCEPTION 'a policy version begins as a draft'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    """


class OfOneText(UnconditionalTrigger):
    """Refuses a simulation of another text than the version has when the simulation is attached."""

    name = "of_one_text"
    when = pgtrigger.Before
    operation = pgtrigger.Insert
    func = """
        IF NEW.digest IS DISTINCT FROM
            (SELECT digest FROM consent_policies_policyversion WHERE id = NEW.version_id) THEN
            RAISE EXCEPTION 'a simulation is attached to the text that was simulated'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    """


class Kept(AppendOnly):
    """Makes every DELETE and TRUNCATE fail, even one that would touch no row."""

    name = "kept"
    operation = pgtrigger.Delete | pgtrigger.Truncate

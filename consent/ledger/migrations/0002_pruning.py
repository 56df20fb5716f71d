"""The one way in which evidence loses its content (ADR 13), and the rules that bound it."""

from django.db import migrations

# Runs as the tables' owner. It believes nobody: what it empties stands in a signed announcement, is past the
# owner's rule, and is what it was when it was announced. The marker holds for its own statements alone.
PRUNE = r"""
CREATE FUNCTION public.accordant_prune(announcement varchar) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    told_at bigint;
    told jsonb;
    bound timestamptz;
    indexes bigint[];
    found_count bigint;
    found_digest text;
    is_allowed boolean;
    pruned bigint;
BEGIN
    SELECT leaf.index, convert_from(leaf.envelope, 'UTF8')::jsonb -> 'body' INTO told_at, told
    FROM public.consent_ledger_leaf AS leaf
    WHERE leaf.event_id = announcement AND leaf.stream = 'audit' AND leaf.kind = 'leaves_pruned';
    IF told IS NULL OR NOT EXISTS (
        SELECT FROM public.consent_ledger_checkpoint AS signed WHERE signed.size > told_at
    ) THEN
        RAISE EXCEPTION 'no signed announcement of this pruning' USING ERRCODE = 'integrity_constraint_violation';
    END IF;

    SELECT clock_timestamp() - rule.kept_for INTO bound
    FROM public.consent_ledger_retentionrule AS rule WHERE rule.stream = told ->> 'stream';
    IF bound IS NULL THEN
        RAISE EXCEPTION 'this stream is kept for ever' USING ERRCODE = 'integrity_constraint_violation';
    END IF;

    IF (
        SELECT sum((span ->> 1)::numeric - (span ->> 0)::numeric + 1) FROM jsonb_array_elements(told -> 'leaves') AS span
    ) IS DISTINCT FROM (told ->> 'count')::numeric THEN
        RAISE EXCEPTION 'these are not the leaves that were announced'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT array_agg(DISTINCT one) INTO indexes
    FROM jsonb_array_elements(told -> 'leaves') AS span,
        generate_series((span ->> 0)::bigint, (span ->> 1)::bigint) AS one;

    SELECT
        count(*),
        'sha256:' || encode(sha256(convert_to(string_agg(concat(
            leaf.index, ' ', encode(leaf.leaf_hash, 'hex'), ' ', leaf.stream,
            ' ', length(leaf.kind), ':', leaf.kind,
            ' ', length(leaf.event_id), ':', leaf.event_id,
            ' ', length(leaf.subject_ref), ':', leaf.subject_ref,
            ' ', coalesce(leaf.subject_version::text, '-'),
            ' ', to_char(leaf.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), E'\n'
        ), '' ORDER BY leaf.index), 'UTF8')), 'hex'),
        bool_and(
            leaf.stream = told ->> 'stream'
            AND leaf.kind <> 'leaves_pruned'
            AND leaf.index < told_at
            AND leaf.recorded_at < bound
            AND leaf.recorded_at < (told ->> 'before')::timestamptz
            AND (leaf.stream <> 'consent' OR erased.erased_at IS NOT NULL AND erased.erased_at < bound)
        )
    INTO found_count, found_digest, is_allowed
    FROM unnest(indexes) AS announced (index)
    JOIN public.consent_ledger_leaf AS leaf USING (index)
    LEFT JOIN public.consent_ledger_erasedsubject AS erased
        ON erased.subject_ref = leaf.subject_ref AND leaf.subject_ref <> '';
    IF is_allowed IS DISTINCT FROM true THEN
        RAISE EXCEPTION 'not all of these leaves may be pruned' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF found_count IS DISTINCT FROM (told ->> 'count')::bigint OR found_digest IS DISTINCT FROM told ->> 'digest' THEN
        RAISE EXCEPTION 'these are not the leaves that were announced'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;

    PERFORM set_config('accordant.pruning', 'consent_ledger_privatepart DELETE', true);
    DELETE FROM public.consent_ledger_privatepart AS part
    USING unnest(indexes) AS announced (index), public.consent_ledger_leaf AS leaf
    WHERE leaf.index = announced.index AND part.event_id = leaf.event_id;
    PERFORM set_config('accordant.pruning', 'consent_ledger_leaf UPDATE', true);
    UPDATE public.consent_ledger_leaf AS leaf SET envelope = ''
    FROM unnest(indexes) AS announced (index)
    WHERE leaf.index = announced.index AND leaf.envelope <> '';
    GET DIAGNOSTICS pruned = ROW_COUNT;
    PERFORM set_config('accordant.pruning', '', true);
    RETURN pruned;
END;
$body$;
REVOKE ALL ON FUNCTION public.accordant_prune(varchar) FROM PUBLIC;
"""
RULES = """
INSERT INTO consent_ledger_retentionrule (stream, kept_for) VALUES
    ('consent', interval '1095 days'), ('policy', NULL),
    ('audit', interval '1095 days'), ('incidents', interval '1825 days');
"""


class Migration(migrations.Migration):
    """Adds the function, which nobody may call until `grant_app_role` lets the application, and the rules."""

    dependencies = [("consent_ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(PRUNE, "DROP FUNCTION public.accordant_prune(varchar)"),
        migrations.RunSQL(RULES, "DELETE FROM consent_ledger_retentionrule"),
    ]

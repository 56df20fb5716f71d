"""The one way in which copies of evidence are deleted: after the ledger has pruned what they copy (ADR 13)."""

from django.db import migrations

# Runs as the tables' owner, and can take nothing but what `accordant_prune` has emptied before.
FORGET = r"""
CREATE FUNCTION public.accordant_forget_pruned(max_rows integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    records bigint;
    facts bigint;
BEGIN
    PERFORM set_config('accordant.pruning', 'consent_records_consentrecord DELETE', true);
    DELETE FROM public.consent_records_consentrecord WHERE record_id IN (
        SELECT record.record_id
        FROM public.consent_ledger_erasedsubject AS erased
        JOIN public.consent_records_consentrecord AS record ON record.subject_ref = erased.subject_ref
        JOIN public.consent_ledger_leaf AS leaf ON leaf.event_id = record.record_id AND leaf.envelope = ''
        LIMIT max_rows
    );
    GET DIAGNOSTICS records = ROW_COUNT;
    PERFORM set_config('accordant.pruning', 'consent_subjects_subjectfact DELETE', true);
    DELETE FROM public.consent_subjects_subjectfact WHERE fact_id IN (
        SELECT fact.fact_id
        FROM public.consent_ledger_erasedsubject AS erased
        JOIN public.consent_subjects_subjectfact AS fact ON fact.subject_ref = erased.subject_ref
        JOIN public.consent_ledger_leaf AS leaf ON leaf.event_id = fact.fact_id AND leaf.envelope = ''
        LIMIT max_rows
    );
    GET DIAGNOSTICS facts = ROW_COUNT;
    PERFORM set_config('accordant.pruning', '', true);
    RETURN records + facts;
END;
$body$;
REVOKE ALL ON FUNCTION public.accordant_forget_pruned(integer) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    """Adds the function, which nobody may call until `grant_app_role` lets the application."""

    dependencies = [
        ("consent_records", "0001_initial"),
        ("consent_subjects", "0001_initial"),
        ("consent_ledger", "0002_pruning"),
    ]

    operations = [migrations.RunSQL(FORGET, "DROP FUNCTION public.accordant_forget_pruned(integer)")]

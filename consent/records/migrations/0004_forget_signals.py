"""Copies of signals are deleted as those of choices are: after the ledger has pruned what they copy (ADR 13)."""

from importlib import import_module

from django.db import migrations

_BEFORE = import_module("consent.records.migrations.0002_forget_pruned").FORGET.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
# Runs as the tables' owner, and can take nothing but what `accordant_prune` has emptied before. Who may call
# it stays as it was.
FORGET = r"""
CREATE OR REPLACE FUNCTION public.accordant_forget_pruned(max_rows integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    records bigint;
    facts bigint;
    signals bigint;
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
    PERFORM set_config('accordant.pruning', 'consent_records_recordedsignal DELETE', true);
    DELETE FROM public.consent_records_recordedsignal WHERE event_id IN (
        SELECT signal.event_id
        FROM public.consent_ledger_erasedsubject AS erased
        JOIN public.consent_records_recordedsignal AS signal ON signal.subject_ref = erased.subject_ref
        JOIN public.consent_ledger_leaf AS leaf ON leaf.event_id = signal.event_id AND leaf.envelope = ''
        LIMIT max_rows
    );
    GET DIAGNOSTICS signals = ROW_COUNT;
    PERFORM set_config('accordant.pruning', '', true);
    RETURN records + facts + signals;
END;
$body$;
"""


class Migration(migrations.Migration):
    """Has the function take signals too."""

    dependencies = [("consent_records", "0003_signals")]

    operations = [migrations.RunSQL(FORGET, _BEFORE)]

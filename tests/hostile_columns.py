"""Which columns of the desk hold free texts, and which hold words that are closed, and why."""

_LAW = "citation sources note imported"
FREE = {
    "auth.group": "name",
    "auth.user": "first_name last_name username email",
    "axes.accessattempt": "user_agent username http_accept path_info get_data post_data",
    "activation_enforcement.standingaudience": "title input created_by identifiers",
    "activation_enforcement.runorder": "error input asked_by parent_run identifiers",
    "activation_enforcement.incident": "note acknowledged_by",
    "activation_enforcement.parcel": "last_error reference",
    "activation_enforcement.suppression": "error ended_by",
    "activation_enforcement.recipientnotice": "note",
    "activation_enforcement.reconciliation": "error",
    "activation_enforcement.streamrun": (
        "error waiting_for input_topic allowed_topic denied_topic group instance"
    ),
    "activation_enforcement.enforcementrun": "input output error delivery_reference delivery_terms",
    "activation_desk.savedfilter": "name query",
    "activation_desk.breachreport": "reason name label error",
    "activation_desk.tracereport": "reason error",
    "activation_desk.personvisit": "reason",
    "activation_desk.registernote": "text written_by",
    "activation_desk.simulationrun": "error audience",
    "activation_destinations.destination": "title registered_by connected_by settings",
    "activation_changes.subscription": "title reason last_error connected_by settings",
    "activation_changes.parkedmessage": "error",
    "activation_checks.apiclient": "name",
    "consent_portal.portalmessage": "last_error",
    "consent_portal.site": "origins categories signals",
    "consent_portal.theme": "title variables",
    "consent_requests.system": "title owner instructions settings",
    "consent_requests.dataset": "title name retention keep_ground key_fields",
    "consent_requests.field": "title name replacement keep_ground",
    "consent_requests.reference": "field to_field",
    "consent_requests.step": "last_error",
    "consent_requests.legalhold": "reference ground",
    "consent_requests.agent": "title note",
    "consent_requests.request": "jurisdiction_reason",
    "consent_records.consentrecord": "source form",
    "consent_records.importrun": "source",
    "consent_records.recordedsignal": "source",
    "consent_records.invalidationrun": "reason form",
    "consent_policies.jurisdiction": "title imported",
    "consent_policies.statute": f"title {_LAW}",
    **dict.fromkeys(
        (f"consent_policies.{one}" for one in ("agelimit", "clock", "consentdefault", "duty", "practice")),
        _LAW,
    ),
    "consent_policies.notice": "title",
    "consent_policies.noticeversion": "purposes recipients",
    "consent_policies.controller": "title",
    "consent_policies.policyjurisdiction": "title",
    "consent_policies.datacategory": "title",
    "consent_policies.purpose": ("title description data_categories data_subjects requires opt_out_signals"),
    "consent_policies.requestproperty": "title values",
    "consent_policies.destinationpermission": "title contract purposes data_categories",
    "consent_policies.rule": ("special_condition assessment purposes controllers data_categories"),
    "consent_policies.taxonomyterm": "name description file",
    "consent_policies.policyversion": "title source",
    "consent_subjects.subjectfact": "source",
    "consent_subjects.subjectlink": "provenance",
    "consent_subjects.heldlink": "provenance",
    "lineage_graph.waitingevent": "error facts",
    "lineage_outbox.delivery": "last_error",
    "lineage_outbox.backend": "last_error",
    "lineage_outbox.outboxevent": "payload",
}
"""What an officer, a caller or a stranger fills, or another system answers, and the desk shows."""

_IMPORTED = ("jurisdiction", "statute", "agelimit", "clock", "consentdefault", "duty", "practice")
SHOWN_NOWHERE = {
    *(
        f"axes.accessattempt.{one}"
        for one in ("username", "http_accept", "path_info", "get_data", "post_data")
    ),
    "activation_enforcement.runorder.parent_run",
    "activation_enforcement.runorder.identifiers",
    "activation_enforcement.enforcementrun.delivery_terms",
    "activation_desk.savedfilter.query",  # is followed: its link leads on
    "activation_desk.breachreport.name",  # where there is no label
    "activation_desk.tracereport.error",  # where who was traced is not found again
    "activation_destinations.destination.registered_by",
    "consent_portal.site.signals",  # a form takes out of it what it knows
    "consent_portal.theme.variables",  # the same
    *(f"consent_policies.{one}.imported" for one in _IMPORTED),
}
"""Columns that are planted, and of which no page tells: whatever else is planted must be seen."""

CLOSED = {
    "a slug, or the name of a part of the policy, which is checked before it is kept": (
        "slug destination purpose purposes controller notice audience audience_slug policy"
        " consent_policies.policyversion.key consent_portal.site.key code"
        " connector connection resource_type transport page category"
        " consent_policies.requestproperty.name consent_policies.taxonomyterm.key"
        " consent_records.consentrecord.method"
    ),
    "a code of a place, a language or a time zone": (
        "country jurisdiction jurisdictions members establishment transfer_countries zone language groups"
    ),
    "a digest, a key, or an id that is made here": (
        "password digest policy_digest draft_digest baseline_digest figures_digest manifest_digest"
        " mapping_digest confirmed_digest event_id record_id fact_id refers_to cursor subject_ref ref"
        " subjects"
        " consent_requests.request.reference"
        " verify_key token_hash"
    ),
    "one of a list's words, or figures, written by the application itself": (
        "path ways what kind activation_enforcement.suppression.reason"
        " figures sample unanswered_paths denied_by_reason lineage ahead offsets"
        " scopes schedule audience_format logo_type rights also_accepted signals faults conflicts unread"
        " consent_records.importrun.choices"
    ),
    "the numbers of a framework's purposes, which the database insists on": "tcf_purposes",
    "the name of a witness's key, which the settings give": "consent_ledger.witnessnote.name",
    "a term of a vocabulary, of a form that the database insists on": "data_use data_category dpv validity",
    "the policy's sealed form, whose texts are hostile because the policy's file was": "document",
}
"""Columns of texts that nobody fills freely, by their names, and why."""

"""The roles. This is the one place that says what each of them may do; groups are made from it.

`*` stands for any letters, within the app before the dot and the permission after it. A permission is
Django's (`view_`, `add_`, `change_`, `delete_` and the model) or one that a model declares for itself.
"""

from dataclasses import dataclass

_READS_POLICIES = ("consent_policies.view_*", "activation_desk.view_simulationrun")
_READS_ENFORCEMENT = (
    "activation_enforcement.view_*",
    "activation_destinations.view_*",
    "activation_desk.view_lineage",
    "activation_desk.view_registerofprocessing",
    "activation_desk.view_registernote",
)
_READS_PEOPLE_AS_PSEUDONYMS = ("consent_records.view_*", "consent_subjects.view_*")
_READS_DATA_MAP = (
    "consent_requests.view_system",
    "consent_requests.view_dataset",
    "consent_requests.view_field",
    "consent_requests.view_reference",
    "consent_requests.view_legalhold",
)
_READS_REQUESTS = ("consent_requests.view_request", "consent_requests.view_agent")
_READS_LEDGER = ("consent_ledger.view_*",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What a kind of officer is there for, and what that takes."""

    slug: str
    title: str
    """As officers read it, and the name of its group."""
    task: str
    """In a sentence, for whoever gives the role."""
    permissions: tuple[str, ...]


PRIVACY_OFFICER = Role(
    slug="privacy_officer",
    title="Privacy officer",
    task="Writes policies and notices, answers requests, looks into breaches, publishes what was approved.",
    permissions=(
        *_READS_POLICIES,
        *_READS_ENFORCEMENT,
        *_READS_PEOPLE_AS_PSEUDONYMS,
        *_READS_DATA_MAP,
        *_READS_REQUESTS,
        *_READS_LEDGER,
        "consent_policies.add_*",
        "consent_policies.change_*",
        "consent_policies.delete_*",
        "consent_policies.submit_policyversion",
        "consent_policies.publish_policyversion",
        "activation_desk.start_simulationrun",
        "activation_desk.add_registernote",
        "activation_desk.declare_lineage",
        "activation_desk.trace_subject",
        "activation_desk.view_tracereport",
        "activation_desk.view_breachreport",
        "activation_desk.manage_breaches",
        "activation_desk.open_breach_list",
        "activation_desk.find_person",
        "activation_desk.act_for_person",
        "activation_desk.export_list",
        "activation_desk.share_saved_filter",
        "activation_enforcement.acknowledge_incident",
        "activation_enforcement.tell_recipients",
        "consent_records.invalidate_collected",
        "consent_subjects.decide_heldlink",
        "consent_requests.handle_requests",
        "consent_requests.read_request_content",
        "consent_requests.edit_wording",
        "consent_requests.add_legalhold",
        "consent_requests.change_legalhold",
        "consent_portal.*_theme",
        "consent_portal.*_site",
    ),
)
APPROVER = Role(
    slug="approver",
    title="Approver",
    task="Is the second pair of eyes: approves policies, erasures and breach lists that others asked for.",
    permissions=(
        *_READS_POLICIES,
        *_READS_ENFORCEMENT,
        *_READS_REQUESTS,
        *_READS_LEDGER,
        "consent_policies.approve_policyversion",
        "consent_policies.publish_policyversion",
        "activation_desk.start_simulationrun",
        "activation_desk.view_breachreport",
        "activation_desk.open_breach_list",
        "activation_desk.export_list",
        "consent_requests.approve_erasures",
    ),
)
REQUEST_HANDLER = Role(
    slug="request_handler",
    title="Request handler",
    task="Answers the requests of people, and acts for those who write, call or come in person.",
    permissions=(
        *_READS_REQUESTS,
        *_READS_DATA_MAP,
        *_READS_PEOPLE_AS_PSEUDONYMS,
        "activation_desk.trace_subject",
        "activation_desk.find_person",
        "activation_desk.act_for_person",
        "activation_desk.export_list",
        "activation_enforcement.view_recipientnotice",
        "activation_enforcement.tell_recipients",
        "consent_policies.view_*",
        "consent_requests.handle_requests",
        "consent_requests.read_request_content",
        "consent_subjects.decide_heldlink",
    ),
)
ENGINEER = Role(
    slug="engineer",
    title="Engineer",
    task="Connects systems and destinations, and keeps runs, deliveries and lineage going. Reads nobody.",
    permissions=(
        *_READS_POLICIES,
        *_READS_ENFORCEMENT,
        *_READS_DATA_MAP,
        *_READS_LEDGER,
        "activation_changes.*",
        "activation_checks.view_apiclient",
        "activation_checks.limit_apiclient",
        "activation_desk.declare_lineage",
        "activation_desk.export_list",
        "activation_destinations.add_destination",
        "activation_destinations.change_destination",
        "activation_destinations.connect_destination",
        "activation_enforcement.*_standingaudience",
        "activation_enforcement.acknowledge_incident",
        "activation_enforcement.acknowledge_suppression",
        "activation_enforcement.cancel_runorder",
        "consent_portal.*_site",
        "consent_records.view_importrun",
        "consent_requests.*_system",
        "consent_requests.*_dataset",
        "consent_requests.*_field",
        "consent_requests.*_reference",
        "lineage_graph.view_*",
        "lineage_outbox.view_*",
        "lineage_outbox.send_again",
    ),
)
AUDITOR = Role(
    slug="auditor",
    title="Auditor",
    task="Reads everything, takes evidence out, and changes nothing. Each look at a person is on record.",
    permissions=(
        "*.view_*",
        "activation_desk.export_list",
        "activation_desk.find_person",
        "consent_portal.preview_theme",
        "consent_requests.read_request_content",
    ),
)
ADMINISTRATOR = Role(
    slug="administrator",
    title="Administrator",
    task="Gives people their roles and tools their keys. Reads nobody, and publishes nothing.",
    permissions=(
        *_READS_LEDGER,
        "activation_checks.add_apiclient",
        "activation_checks.view_apiclient",
        "activation_checks.rotate_apiclient",
        "activation_checks.limit_apiclient",
        "activation_checks.revoke_apiclient",
        "activation_desk.export_list",
        "auth.add_user",
        "auth.change_user",
        "auth.view_user",
        "auth.view_group",
        "axes.view_accessattempt",
        "axes.delete_accessattempt",
        "activation_desk.share_saved_filter",
    ),
)
ROLES = (PRIVACY_OFFICER, APPROVER, REQUEST_HANDLER, ENGINEER, AUDITOR, ADMINISTRATOR)

"""Which page stands in which group. A page that is registered and stands in none makes a test red."""

from config.sidebar.types import Group, Page

PEOPLE = Group(
    "People",
    (
        Page(
            "Find a person",
            "activation_desk.personvisit",
            view="find",
            permission="activation_desk.find_person",
        ),
        Page(
            "Look-ups of people",
            "activation_desk.personvisit",
            "Nobody was looked up yet. Find a person first.",
        ),
        Page(
            "Data subjects",
            "consent_subjects.subject",
            "Nobody is known yet. Record or import a choice first.",
        ),
        Page(
            "Facts about people",
            "consent_subjects.subjectfact",
            "Callers tell facts with a choice, such as an age.",
        ),
        Page(
            "Links between people",
            "consent_subjects.subjectlink",
            "A log-in, or two identifiers in one call, links.",
        ),
    ),
)
REQUESTS = Group(
    "Requests",
    (
        Page(
            "Queue",
            "consent_requests.request",
            "No request is open. Take one down by New request, or choose All under State.",
        ),
        Page("Calendar", "consent_requests.request", view="calendar"),
        Page("Figures for California", "consent_requests.request", view="figures", argument="california"),
        Page("Summary by period", "consent_requests.request", view="figures", argument="summary"),
        Page("Mails to people", "consent_requests.request", view="mails"),
        Page("Agents", "consent_requests.agent", "Add an agent who may make requests for people."),
        Page("Legal holds", "consent_requests.legalhold", "Place a hold when something must not be erased."),
        Page("Data map", "consent_requests.system", view="show_map"),
        Page(
            "Data map: systems",
            "consent_requests.system",
            "Declare the first system that holds data about people.",
        ),
        Page("Data map: datasets", "consent_requests.dataset", "Declare a system first, then what it holds."),
        Page("Data map: fields", "consent_requests.field", "Declare a dataset first, then its fields."),
        Page(
            "Data map: references",
            "consent_requests.reference",
            "Declare two datasets first, then how they refer.",
        ),
    ),
)
CONSENT = Group(
    "Consent",
    (
        Page(
            "Current choices",
            "consent_records.currentchoice",
            "No choice is recorded yet. Record or import one first.",
        ),
        Page(
            "Consent records",
            "consent_records.consentrecord",
            "No choice is recorded yet. Record or import one first.",
        ),
        Page(
            "Signals",
            "consent_records.recordedsignal",
            "No signal is recorded yet. A site's banner sends them by API, and browsers by themselves.",
        ),
        Page(
            "Imports",
            "consent_records.importrun",
            "Import choices from a file with import_consents, or by API.",
        ),
        Page(
            "Invalidations", "consent_records.invalidationrun", "Invalidate here what a wrong form collected."
        ),
        Page(
            "Held links",
            "consent_subjects.heldlink",
            "Nothing is held. Links that may join two people wait here.",
        ),
    ),
)
POLICY = Group(
    "Policy",
    (
        Page(
            "Policy versions",
            "consent_policies.policyversion",
            "Begin the first draft from a starter pack or a file.",
        ),
        Page("Compare versions", "consent_policies.policyversion", view="comparison"),
        Page("Simulations", "activation_desk.simulationrun", "Simulate a draft to see whom it would touch."),
        Page(
            "Purposes", "consent_policies.purpose", "Begin a draft of a policy first: purposes belong to it."
        ),
        Page("Rules", "consent_policies.rule", "Begin a draft of a policy first: rules belong to it."),
        Page("Notices", "consent_policies.notice", "Begin a draft of a policy first: notices belong to it."),
        Page(
            "Notice versions",
            "consent_policies.noticeversion",
            "Begin a draft of a policy first, then its notices.",
        ),
        Page(
            "Controllers",
            "consent_policies.controller",
            "Begin a draft of a policy first: controllers belong to it.",
        ),
        Page("Data categories", "consent_policies.datacategory", "Begin a draft of a policy first."),
        Page("Places in policies", "consent_policies.policyjurisdiction", "Begin a draft of a policy first."),
        Page(
            "Permitted destinations",
            "consent_policies.destinationpermission",
            "Begin a draft of a policy first.",
        ),
        Page("Request properties", "consent_policies.requestproperty", "Begin a draft of a policy first."),
        Page(
            "Vocabulary",
            "consent_policies.taxonomyterm",
            "Add a term that policies may use beside the known ones.",
        ),
    ),
)
LAW = Group(
    "Law",
    (
        Page(
            "Law by jurisdiction",
            "consent_policies.jurisdiction",
            "Load the law table with import_law first.",
        ),
        Page("Statutes", "consent_policies.statute", "Load the law table with import_law first."),
        Page("Clocks of requests", "consent_policies.clock", "Load the law table with import_law first."),
        Page("Age limits", "consent_policies.agelimit", "Load the law table with import_law first."),
        Page(
            "Consent defaults", "consent_policies.consentdefault", "Load the law table with import_law first."
        ),
        Page("Duties", "consent_policies.duty", "Load the law table with import_law first."),
        Page("Practices", "consent_policies.practice", "Load the law table with import_law first."),
    ),
)
DESTINATIONS = Group(
    "Where data goes",
    (
        Page(
            "Destinations",
            "activation_destinations.destination",
            "Permit a destination in a policy, then connect it.",
        ),
        Page(
            "Standing audiences",
            "activation_enforcement.standingaudience",
            "Define a list that leaves regularly.",
        ),
        Page(
            "Audience runs",
            "activation_enforcement.enforcementrun",
            "Enforce an audience: its run stands here.",
        ),
        Page("Coverage of a list", "activation_enforcement.enforcementrun", view="coverage"),
        Page(
            "Orders of runs",
            "activation_enforcement.runorder",
            "Ask for a run of a standing audience, or by API.",
        ),
        Page(
            "Stream runs",
            "activation_enforcement.streamrun",
            "Start a stream with enforce_stream: it stands here.",
        ),
        Page(
            "What destinations hold",
            "activation_enforcement.holding",
            "Nothing was handed over yet. Enforce first.",
        ),
        Page(
            "Withdrawals",
            "activation_enforcement.suppression",
            "Nobody has to be taken out now. Filters show those that are done.",
        ),
        Page("Clocks of withdrawals", "activation_enforcement.suppression", view="withdrawals"),
        Page(
            "Withdrawals by parcel",
            "activation_enforcement.parcel",
            "Nothing is on its way to a destination.",
        ),
        Page(
            "Reconciliations",
            "activation_enforcement.reconciliation",
            "Compare with reconcile_destination first.",
        ),
        Page(
            "Notices to recipients",
            "activation_enforcement.recipientnotice",
            "No recipient has to be told anything.",
        ),
    ),
)
LINEAGE = Group(
    "Lineage",
    (
        Page("Picture", "activation_desk.lineage"),
        Page("Ungated paths", "activation_desk.lineage", view="radar", counts="ungated"),
        Page("Runs of all tools", "activation_desk.lineage", view="runs"),
        Page("Datasets", "activation_desk.lineage", view="datasets"),
        Page("Boundaries", "activation_desk.lineage", view="boundaries"),
        Page("Register of processing", "activation_desk.registerofprocessing"),
        Page(
            "Notes of the register",
            "activation_desk.registernote",
            "Fill in a gap on the page of the register.",
        ),
        Page(
            "Traces of people", "activation_desk.tracereport", "Trace a person to see where their data went."
        ),
        Page(
            "Breach reports", "activation_desk.breachreport", "Report a breach to see whose data it reached."
        ),
        Page("Lineage events", "lineage_outbox.outboxevent", "Events appear with the first run or import."),
        Page("Lineage deliveries", "lineage_outbox.delivery", "Nothing waits: every event was delivered."),
        Page(
            "Lineage transports",
            "lineage_outbox.backend",
            "Name a transport in the settings, such as a file.",
        ),
        Page(
            "Events not placed yet",
            "lineage_graph.waitingevent",
            "No event waits for its place in the graph.",
        ),
    ),
)
EVIDENCE = Group(
    "Evidence",
    (
        Page(
            "Ledger", "consent_ledger.leaf", "The ledger is empty. Record a choice or publish a policy first."
        ),
        Page(
            "Waiting for the ledger",
            "consent_ledger.pendingevent",
            "Nothing waits: every event is in the ledger.",
        ),
        Page(
            "Checkpoints", "consent_ledger.checkpoint", "Start run_sequencer: it signs the first checkpoint."
        ),
        Page(
            "Audit trail",
            "consent_ledger.auditleaf",
            "Nothing stands here yet. What officers do and read appears here.",
        ),
        Page(
            "Verifications of the ledger",
            "consent_ledger.ledgerverification",
            "Verify the ledger with verify_ledger: what was found stands here.",
        ),
        Page(
            "Notes of witnesses",
            "consent_ledger.witnessnote",
            "Name a witness in the settings: what it holds stands here.",
        ),
        Page("Signing keys", "consent_ledger.logkey", "Start run_sequencer: it enters the first key."),
        Page(
            "Retention rules", "consent_ledger.retentionrule", "Set the least times with set_retention_rule."
        ),
        Page("Prunings", "consent_ledger.pruning", "Nothing was pruned: no content is past its time."),
        Page(
            "Incidents",
            "activation_enforcement.incident",
            "There is no incident. One appears when a promise breaks.",
        ),
        Page(
            "Self-tests",
            "activation_enforcement.selftest",
            "Hide canaries first: the self-test asks about them.",
        ),
    ),
)
SETTINGS = Group(
    "Settings",
    (
        Page("API clients", "activation_checks.apiclient", "Add a client before a tool can ask."),
        Page(
            "Subscriptions",
            "activation_changes.subscription",
            "Add a subscriber who is told of changed choices.",
        ),
        Page(
            "Messages not taken", "activation_changes.parkedmessage", "Every subscriber took every message."
        ),
        Page("Sites", "consent_portal.site", "Add a site before it may include our script."),
        Page("Themes", "consent_portal.theme", "Add a theme to give people's pages your colours and logo."),
        Page(
            "Mails of the preference centre",
            "consent_portal.portalmessage",
            "Mails appear once somebody asks for a code to see their choices.",
        ),
        Page("Users", "auth.user", "Add a user for every officer."),
        Page("Roles", "auth.group", "Make the roles with sync_roles first."),
        Page("Failed sign-ins", "axes.accessattempt", "Nobody typed a wrong password lately."),
    ),
)
TODAY = Group(
    "Today",
    (
        Page("Home", "", view="index"),
        Page(
            "Saved views", "activation_desk.savedfilter", "Filter any list, then save that view under a name."
        ),
    ),
)
GROUPS = (TODAY, PEOPLE, REQUESTS, CONSENT, POLICY, LAW, DESTINATIONS, LINEAGE, EVIDENCE, SETTINGS)

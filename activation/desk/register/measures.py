"""What this service does to keep data safe, for Art. 30(1)(g): true of every installation. Pure."""

MEASURES = (
    (
        "Identifiers and other private parts of records are sealed with AES-256-GCM, under a key of each data"
        " subject's own. These keys are kept wrapped, in a database of their own."
    ),
    "Records name people by a random pseudonym. An identifier is looked up by a keyed hash.",
    "Erasing a person destroys their key, so that what was sealed under it cannot be read any more.",
    (
        "Choices, policies and officers' findings are kept in an append-only ledger with signed checkpoints;"
        " the database refuses to change or delete them, but for content past its time, whose removal the"
        " ledger announces."
    ),
    "Every use is decided by the policy in force. What is not known is denied, with a reason.",
    "A policy is published only after an officer who wrote no part of it has approved it.",
    (
        "Every audience that leaves through this service leaves a signed manifest: what was allowed and"
        " denied, why, and under which policy."
    ),
    (
        "A withdrawal is carried on to the connected destinations that hold the person, and tried again while"
        " they do not acknowledge it. Officers see what is overdue, and what was given up."
    ),
    (
        "Credentials of destinations are sealed and shown to nobody; the keys of callers are kept as hashes,"
        " have scopes and an end, and are revoked at once."
    ),
    "Lineage events, messages between processes, addresses and log lines name no person.",
)

SCOPE = (
    "This is the record of a controller under Art. 30(1) GDPR, for processing that this service decides on."
    " What a processor records under Art. 30(2) is not in it, and neither is processing that the policy does"
    " not name. It is no legal advice. What is marked as missing is for the controller to fill in."
)

"""The closed lists of the law table. Pure: no Django, no clock."""

from enum import StrEnum


class Confidence(StrEnum):
    """How sure a row is."""

    SEEN = "seen"  # the text itself was read
    SECONDARY = "secondary"  # a page about it was read
    RECALL = "recall"  # from memory: check before use


class Topic(StrEnum):
    """What data is used for, as the rows on defaults and practices tell it apart."""

    NECESSARY_STORAGE = "necessary_storage"  # reading from or writing to a device, where the service needs it
    ANALYTICS_STORAGE = "analytics_storage"
    ADVERTISING = "advertising"  # targeting, sale and sharing included
    SENSITIVE_DATA = "sensitive_data"  # special categories
    EMAIL_MARKETING = "email_marketing"
    SMS_MARKETING = "sms_marketing"
    AUTOMATED_DECISION = "automated_decision"  # with legal or similar effect
    ANY = "any"  # of practices alone: whatever has none of its own


class Demand(StrEnum):
    """What the law asks for before data is used, from the laxest to the strictest."""

    NONE = "none"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    EXPLICIT_OPT_IN = "explicit_opt_in"
    PROHIBITED = "prohibited"


class AgeTopic(StrEnum):
    """What an age limit is about."""

    DIGITAL_CONSENT = "digital_consent"  # from which age a person can consent alone (GDPR Art. 8)
    SALE_OR_TARGETED_ADVERTISING = "sale_or_targeted_advertising"


class AgeNeed(StrEnum):
    """What the law asks for below an age. The words are those of a rule's age bands."""

    GUARDIAN = "guardian"
    OWN_CONSENT = "own_consent"
    BARRED = "barred"


class ClockKind(StrEnum):
    """What a period is set for."""

    RESPOND = "respond"  # to a request of the person
    ACKNOWLEDGE = "acknowledge"  # that the request came in
    OPT_OUT = "opt_out"
    LIMIT_SENSITIVE = "limit_sensitive"
    CONSENT_WITHDRAWAL = "consent_withdrawal"
    DIRECT_MARKETING_OBJECTION = "direct_marketing_objection"
    APPEAL = "appeal"
    GRIEVANCE = "grievance"
    COMPLAINT_ACKNOWLEDGE = "complaint_acknowledge"
    AUTOMATED_DECISION = "automated_decision"


class ClockUnit(StrEnum):
    """What periods are counted in."""

    MONTHS = "months"
    CALENDAR_DAYS = "calendar_days"
    BUSINESS_DAYS = "business_days"


class CountingRule(StrEnum):
    """How a period is counted."""

    EU_MONTH = "eu_month"
    """Regulation 1182/71: the day of receipt does not count (Art. 3(1)); the period ends with the
    same-numbered day, or the month's last day where there is none (3(2)(c)); on a Saturday, Sunday or holiday
    of the member state, with the next working day (3(4)). An extension counts from the same receipt."""
    UK_MONTH = "uk_month"
    """The corresponding day of the next month, or its last day; on a weekend or bank holiday the next working
    day. Starts at the latest of request, identity and fee; stands still while clarification is awaited."""
    CALENDAR_DAYS = "calendar_days"
    """The day of receipt is day 0. The statutes are silent on weekends, so the date stays."""
    CALIFORNIA_DAYS = "california_days"
    """11 CCR 7021(b): begins on the day of receipt, which is day 0; a strict reading ends a day earlier."""
    SOUTH_AFRICA_DAYS = "south_africa_days"
    """Calendar days; moved on where the last one is a Sunday or a public holiday."""
    BUSINESS_DAYS = "business_days"
    """Monday to Friday less the public holidays of the state; the day of receipt does not count."""
    WITHOUT_DELAY = "without_delay"
    """No number of days: as soon as it can be done."""


class DutyKind(StrEnum):
    """What a law asks of controllers besides a basis and its clocks."""

    OPT_OUT_SIGNAL = "opt_out_signal"  # honour signals such as the Global Privacy Control
    OPT_OUT_CONFIRMATION = "opt_out_confirmation"  # show people that their opt-out was done
    EASY_WITHDRAWAL = "easy_withdrawal"  # tell, and give, a way to withdraw, object or opt out
    SEPARATE_CONSENT = "separate_consent"  # one consent for one end
    PARENTAL_CONSENT_FOR_DISCLOSURE = "parental_consent_for_disclosure"
    INFORM_RECIPIENTS = "inform_recipients"


class PracticeKind(StrEnum):
    """What regulators or frameworks recommend, without being statute."""

    VALIDITY = "validity"  # how long a consent is relied on, in months
    ASK_AGAIN = "ask_again"  # how long a no is left alone, in months


class Right(StrEnum):
    """What a data subject may ask for."""

    ACCESS = "access"
    ACCESS_SUMMARY = "access_summary"
    CONFIRM = "confirm"
    KNOW = "know"
    KNOW_CATEGORIES = "know_categories"
    KNOW_SPECIFIC = "know_specific"
    COPY = "copy"
    EXPLAIN = "explain"
    SHARED_WITH = "shared_with"
    THIRD_PARTIES = "third_parties"
    THIRD_PARTY_CATEGORIES = "third_party_categories"
    THIRD_PARTY_RECORDS = "third_party_records"
    CORRECT = "correct"
    COMPLETE = "complete"
    UPDATE = "update"
    ERASE = "erase"
    ERASE_CONSENTED = "erase_consented"
    ANONYMISE_BLOCK_ERASE = "anonymise_block_erase"
    RESTRICT = "restrict"
    SUSPEND = "suspend"
    STOP_USE = "stop_use"
    STOP_THIRD_PARTY = "stop_third_party"
    STOP_DISSEMINATION = "stop_dissemination"
    LIMIT_SENSITIVE = "limit_sensitive"
    PORTABILITY = "portability"
    OBJECT = "object"
    OBJECT_DIRECT_MARKETING = "object_direct_marketing"
    OPT_OUT_SALE = "opt_out_sale"
    OPT_OUT_SHARING = "opt_out_sharing"
    OPT_OUT_TARGETED_ADS = "opt_out_targeted_ads"
    OPT_OUT_PROFILING = "opt_out_profiling"
    OPT_IN_AFTER_OPT_OUT = "opt_in_after_opt_out"
    QUESTION_PROFILING = "question_profiling"
    AUTOMATED_DECISION = "automated_decision"
    AUTOMATED_DECISION_ACCESS = "automated_decision_access"
    AUTOMATED_DECISION_INFORMATION = "automated_decision_information"
    AUTOMATED_DECISION_OPT_OUT = "automated_decision_opt_out"
    REVIEW_AUTOMATED = "review_automated"
    WITHDRAW_CONSENT = "withdraw_consent"
    REFUSAL_INFORMATION = "refusal_information"
    NOMINATE = "nominate"
    NON_RETALIATION = "non_retaliation"
    APPEAL = "appeal"
    COMPLAIN = "complain"
    COMPLAIN_TO_CONTROLLER = "complain_to_controller"
    GRIEVANCE = "grievance"

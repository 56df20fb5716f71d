"""What every environment shares. Secrets have no default here."""

from base64 import b64decode, b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy

from activation.changes.types import SubscriptionState
from config.databases import read_databases
from config.env import env, home
from config.lineage import read_backends, read_kafka
from config.settings.embed import *  # noqa: F403
from config.settings.lists import *  # noqa: F403
from config.settings.logs import *  # noqa: F403
from config.settings.pages import *  # noqa: F403
from config.settings.people import *  # noqa: F403
from config.settings.person import *  # noqa: F403
from config.settings.preferences import *  # noqa: F403
from config.settings.protocols import *  # noqa: F403
from config.settings.signals import *  # noqa: F403
from config.settings.signing_in import *  # noqa: F403
from config.settings.tasks import *  # noqa: F403
from consent.records.types import SignalKind
from consent.requests.types import RequestState, RequestType
from consent.subjects.types import IdentifierKind

HOME = home()

SECRET_KEY = env.secret("SECRET_KEY")
# Keys of the blind index by version, the key of tombstones, and the Ed25519 seed that signs manifests.
IDENTIFIER_KEYS = env.versioned_keys("ACCORDANT_IDENTIFIER_KEYS")
TOMBSTONE_KEY = env.key("ACCORDANT_TOMBSTONE_KEY", form="hexadecimal", decode=bytes.fromhex)
if TOMBSTONE_KEY in IDENTIFIER_KEYS.values():
    raise ImproperlyConfigured("ACCORDANT_TOMBSTONE_KEY must not be one of ACCORDANT_IDENTIFIER_KEYS.")
SIGNING_KEY = b64encode(env.key("ACCORDANT_SIGNING_KEY", form="base64", decode=b64decode)).decode()
SIGNING_NAME = env.secret("ACCORDANT_SIGNING_NAME")
# Who keeps our checkpoints elsewhere: file:/path or https://address, separated by commas.
WITNESSES: list[str] = env.list("ACCORDANT_WITNESSES", default=[])
# What wraps the data keys of subjects: the keys below, or a wrapper of your own over a KMS.
LOCAL_KEY_WRAPPER = "consent.keys.wrapping.make_local_wrapper"
KEY_WRAPPER: str = env("ACCORDANT_KEY_WRAPPER", default=LOCAL_KEY_WRAPPER)
MASTER_KEYS = env.versioned_keys(
    "ACCORDANT_MASTER_KEYS", **({} if KEY_WRAPPER == LOCAL_KEY_WRAPPER else {"default": ""})
)
MASTER_KEY_VERSION: int | None = env.int("ACCORDANT_MASTER_KEY_VERSION", default=None)
# Where callers reach the service, such as https://consent.example.com; empty: as each request says.
PUBLIC_URL: str = env("ACCORDANT_PUBLIC_URL", default="")
# Where this machine's decision store lies (`run_tailer` writes it, `check_server` reads it), and how long it
# may lack what happened before PostgreSQL is asked instead.
SNAPSHOTS = Path(env("ACCORDANT_SNAPSHOTS", default=str(HOME / "snapshots")))
FRESHNESS_BOUND = timedelta(seconds=env.float("ACCORDANT_FRESHNESS_BOUND_SECONDS", default=30.0))
# Where OpenLineage events go: a file, backends by HTTP, a topic of Kafka's; the log if none is named.
LINEAGE_FILE: str = env("ACCORDANT_LINEAGE_FILE", default="")
LINEAGE_BACKENDS = read_backends(env)
LINEAGE_KAFKA = read_kafka(env)
LINEAGE_CONSOLE: bool = env.bool("ACCORDANT_LINEAGE_CONSOLE", default=False)
# Who in this house reads each event, too.
LINEAGE_READERS = ("graph",)
# How long events are kept that went everywhere they had to.
LINEAGE_KEPT = env.days("ACCORDANT_KEEP_LINEAGE_DAYS", default=1095)
# How long the graph keeps a run that events told of; what flows where stays.
LINEAGE_GRAPH_KEPT = env.days("ACCORDANT_KEEP_LINEAGE_GRAPH_DAYS", default=365)
# A choice other than a no may be told this long after it was made; a no, at any time.
MAX_BACK_DATING = timedelta(days=env.int("ACCORDANT_MAX_BACK_DATING_DAYS", default=3650))
# Where the admin's pages of policies lead on to: rooms below do not know the rooms above them.
SIMULATE_PAGE = "admin:activation_desk_simulationrun_simulate"
SIMULATE_PERMISSION = "activation_desk.start_simulationrun"
TRACE_PAGE = "admin:activation_desk_tracereport_changelist"
TRACE_PERMISSION = "activation_desk.trace_subject"
SIMULATIONS_PAGE = "admin:activation_desk_simulationrun_changelist"
# A write sent again under its Idempotency-Key is known this long.
IDEMPOTENT_ANSWERS_KEPT = timedelta(days=env.int("ACCORDANT_ANSWERS_KEPT_DAYS", default=7))
# How long the content of the ledger's streams is kept; "never" prunes nothing. In the consent stream the time
# begins when the subject is erased. The owner's rules in the database are the least (`set_retention_rule`).
LEDGER_RETENTION = {
    "consent": env.days("ACCORDANT_KEEP_CONSENT_DAYS", default=1095),
    "policy": env.days("ACCORDANT_KEEP_POLICY_DAYS", default=None),
    "audit": env.days("ACCORDANT_KEEP_AUDIT_DAYS", default=1095),
    "incidents": env.days("ACCORDANT_KEEP_INCIDENTS_DAYS", default=1825),
}
# How often a process keeps what its callers spent, and learns what others' did; None: never by itself.
USAGE_KEPT_EVERY: timedelta | None = timedelta(seconds=1)
# Databases that an audience may be queried from, by name: crm=postgresql://… lake=duckdb:/path/lake.duckdb
SOURCES = env.addresses("ACCORDANT_SOURCES")
# Until when who makes a request has to show who they are; how long what they wrote and what was found is
# kept after the end (at least until nobody can appeal any more); and how long the row names whom it was
# about. What is left of it then counts requests (11 CCR 7101).
VERIFIED_WITHIN = timedelta(days=env.int("ACCORDANT_VERIFY_WITHIN_DAYS", default=30))
REQUEST_CONTENT_KEPT = timedelta(days=env.int("ACCORDANT_KEEP_REQUEST_CONTENT_DAYS", default=90))
REQUESTS_KEPT = timedelta(days=env.int("ACCORDANT_KEEP_REQUESTS_DAYS", default=731))
# Databases of the data map, by name, as SQLAlchemy writes them: shop=postgresql+psycopg://…
SYSTEMS = env.addresses("ACCORDANT_SYSTEMS")
# How long one step of such a query may take, and how much memory DuckDB may take for it.
SOURCE_TIMEOUT = timedelta(seconds=env.float("ACCORDANT_SOURCE_TIMEOUT_SECONDS", default=600.0))
SOURCE_MEMORY_MIB: int = env.int("ACCORDANT_SOURCE_MEMORY_MIB", default=512)
# Where runs keep proof of what may have left, and what they need while they last; both are closed to others.
MEMBERS = Path(env("ACCORDANT_MEMBERS", default=str(HOME / "members")))
SCRATCH = Path(env("ACCORDANT_SCRATCH", default=str(HOME / "scratch")))
# An audience of at least so many bytes is decided from the newest file of people, if there is one.
PEOPLE_FILE_FROM_BYTES = env.int("ACCORDANT_PEOPLE_FILE_FROM_BYTES", default=4 * 1024 * 1024)
# The one folder that standing audiences and the API's runs read lists from, and where they write. Evidence,
# which is pseudonymous personal data, lies beside each output.
AUDIENCES = Path(env("ACCORDANT_AUDIENCES", default=str(HOME / "audiences")))
RUNS = Path(env("ACCORDANT_RUNS", default=str(HOME / "runs")))
# How soon a standing audience's drift is measured again because the ledger grew (a policy that changes is
# looked at within a minute), and how far ahead it is told.
DRIFT_MEASURED_EVERY = timedelta(minutes=env.int("ACCORDANT_DRIFT_MINUTES", default=60))
DRIFT_OUTLOOK = timedelta(days=env.int("ACCORDANT_DRIFT_OUTLOOK_DAYS", default=30))
# Within how long everybody whom destinations hold is decided again, though nothing asks for it.
MEMBERSHIPS_CHECKED_EVERY = timedelta(days=env.int("ACCORDANT_MEMBERSHIP_CHECK_DAYS", default=7))
# Whether destinations may be at loopback and private addresses; the folder below which files are delivered.
ALLOW_LOCAL_DESTINATIONS: bool = env.bool("ACCORDANT_ALLOW_LOCAL_DESTINATIONS", default=False)
# What tells the time to connectors that sign it: dotted, and called. The database does: recipients refuse
# what is signed by a clock that went wrong.
CONNECTOR_CLOCK = "consent.ledger.queries.get_time"
DELIVERY_FOLDER = Path(env("ACCORDANT_DELIVERY_FOLDER", default=str(HOME / "deliveries")))
# How soon a no has to be done at every destination that holds the person: later, it is overdue. How long a
# suppression that is done is kept; the figures of each day stay.
PULL_THROUGH_DUE = timedelta(seconds=env.float("ACCORDANT_PULL_THROUGH_DUE_SECONDS", default=3600.0))
SUPPRESSIONS_KEPT = env.days("ACCORDANT_KEEP_SUPPRESSIONS_DAYS", default=1095)
# The Kafka brokers that streams read from and write to, and how they know us.
KAFKA: dict[str, str] = {
    "brokers": env("ACCORDANT_KAFKA_BROKERS", default=""),
    "security": env("ACCORDANT_KAFKA_SECURITY", default="sasl_tls"),
    "user": env("ACCORDANT_KAFKA_USER", default=""),
    "password": env("ACCORDANT_KAFKA_PASSWORD", default=""),
    "mechanism": env("ACCORDANT_KAFKA_MECHANISM", default="SCRAM-SHA-512"),
    "ca_file": env("ACCORDANT_KAFKA_CA", default=""),
}
# How long an enforcement run's row, its evidence file and its order are kept.
RUNS_KEPT = env.days("ACCORDANT_KEEP_RUNS_DAYS", default=1095)
# For how long what a trace of a person found can be read, and the list of whose data a breach reached.
TRACES_KEPT = timedelta(days=env.int("ACCORDANT_KEEP_TRACES_DAYS", default=7))
BREACH_LISTS_KEPT = timedelta(days=env.int("ACCORDANT_KEEP_BREACH_LISTS_DAYS", default=30))

DEBUG = False
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])

INSTALLED_APPS = [
    "config",
    "config.signing_in",
    "activation.desk",
    "activation.enforcement",
    "activation.changes",
    "activation.checks",
    "activation.destinations",
    "consent.portal",
    "consent.requests",
    "consent.records",
    "consent.policies",
    "consent.subjects",
    "consent.keys",
    "consent.ledger",
    "lineage.graph",
    "lineage.outbox",
    "lineage.running",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_htmx",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "config.request_id.Middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.csp.Middleware",
    "config.limiting.Middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.signing_in.lasting.Middleware",
    "config.signing_in.enrolment.Middleware",
    "config.signing_in.fresh.Middleware",
    "axes.middleware.AxesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.audit.Middleware",
    "config.roles.doorkeeper.Middleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "libraries": {"open_links": "config.roles.open_links"},
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {
    alias: {**database, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    for alias, database in read_databases(env).items()
}
DATABASE_ROUTERS = ["config.databases.KeysRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # production collects the files first, and serves only those

SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["config.access.BearerKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["config.access.HasRequiredScope"],
    "DEFAULT_THROTTLE_CLASSES": ["activation.checks.api.throttling.ClientThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Accordant",
    "DESCRIPTION": "Records choices, decides, enforces, and proves it.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {
        "ImportFormat": "consent.records.api.serializers.FORMATS",
        "IdentifierKind": [kind.value for kind in IdentifierKind],
        "RequestState": [state.value for state in RequestState],
        "RequestType": [one.value for one in RequestType],
        "SignalKind": [kind.value for kind in SignalKind],
        "SignalString": [kind.value for kind in SignalKind if kind is not SignalKind.GPC],
        "SubscriptionKind": ["webhook", "topic"],
        "SubscriptionState": [state.value for state in SubscriptionState],
        "SubscriptionSwitch": [SubscriptionState.ACTIVE.value, SubscriptionState.PAUSED.value],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
UNFOLD = {
    "SITE_TITLE": "Accordant",
    "SITE_HEADER": "Accordant",
    "SITE_SYMBOL": "verified_user",
    "ACCOUNT": {
        "navigation": [
            {"title": "Your factors", "link": reverse_lazy("mfa_index")},
            {"title": "Your sessions", "link": reverse_lazy("sessions")},
        ]
    },
    "SIDEBAR": {"navigation": "config.sidebar.list_groups", "show_search": True, "command_search": True},
    "STYLES": [lambda _: static("desk/lists/desk.css")],
    "SCRIPTS": [lambda _: static("desk/lists/desk.js")],
    "DASHBOARD_CALLBACK": "activation.desk.home.views.fill",
    "SITE_FAVICONS": [{"rel": "icon", "href": lambda _: static("accordant/favicon.svg")}],
}

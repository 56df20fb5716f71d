"""How officers sign in: passwords, factors, single sign-on, sessions. See docs/reference/signing-in.md."""

from datetime import timedelta
from typing import Any

from config.env import env
from config.signing_in.single_sign_on.declared import ID, read_identity_provider

# Whether every officer must have a factor (an app, a security key) beside the password. Production: yes.
REQUIRE_MFA: bool = env.bool("ACCORDANT_REQUIRE_MFA", default=False)
# How long a proof of who one is counts for what weighs; how long a session lasts, and how long unused.
FRESH_SIGN_IN = timedelta(minutes=env.int("ACCORDANT_FRESH_SIGN_IN_MINUTES", default=15))
SESSION_LASTS = timedelta(hours=env.int("ACCORDANT_SESSION_HOURS", default=8))
SESSION_IDLE = timedelta(minutes=env.int("ACCORDANT_SESSION_IDLE_MINUTES", default=60))
SESSION_COOKIE_AGE = int(SESSION_LASTS.total_seconds())
# Only tests sign in without our page: their sessions count as fresh, and need no factor.
UNMARKED_SESSIONS_ALLOWED = False
# Whether processes refuse to start with settings that are unsafe: those of a real installation do.
SIGN_IN_MUST_BE_SAFE = False

# The identity provider, if there is one, and whether passwords are taken beside it. What of its word on
# factors (`amr`, `acr`) is believed: none unless said so.
SINGLE_SIGN_ON = read_identity_provider(env)
PASSWORD_SIGN_IN: bool = env.bool("ACCORDANT_PASSWORD_SIGN_IN", default=True)
SINGLE_SIGN_ON_FACTORS: list[str] = env.list("ACCORDANT_OIDC_FACTORS", default=[])

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/admin/"
AUTHENTICATION_BACKENDS = [
    "config.signing_in.backends.ThrottleBackend",
    "config.signing_in.backends.OfficerBackend",
]

# Wrong passwords: so many for one name, so many from one network, within so long. It ends by itself.
AXES_FAILURE_LIMIT = 10
SIGN_IN_FAILURES_BY_NETWORK = 50
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_HANDLER = "config.signing_in.throttling.Handler"
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "config.signing_in.throttling.find_name"
AXES_CLIENT_IP_CALLABLE = "config.signing_in.throttling.find_address"
AXES_LOCKOUT_CALLABLE = "config.signing_in.throttling.refuse"
AXES_SENSITIVE_PARAMETERS = ["username", "password", "code", "credential", "next", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True  # the audit stream has it
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

ACCOUNT_ADAPTER = "config.signing_in.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/account/login/"
ACCOUNT_FORMS = {"login": "config.signing_in.forms.LoginForm"}
ACCOUNT_RATE_LIMITS = False  # they count in the memory of one process: `throttling` and `attempts` do not

MFA_ADAPTER = "config.signing_in.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
MFA_FORMS = {
    "authenticate": "config.signing_in.forms.AuthenticateForm",
    "authenticate_webauthn": "config.signing_in.forms.AuthenticateKeyForm",
    "activate_totp": "config.signing_in.forms.ActivateTOTPForm",
    "add_webauthn": "config.signing_in.forms.AddKeyForm",
}

SOCIALACCOUNT_ADAPTER = "config.signing_in.single_sign_on.officers.OfficerAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # the policy for forms lets none lead elsewhere; state and nonce protect it
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = (
    {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": ID,
                    "name": SINGLE_SIGN_ON.name,
                    "client_id": SINGLE_SIGN_ON.client_id,
                    "secret": SINGLE_SIGN_ON.client_secret,
                    "settings": {"server_url": SINGLE_SIGN_ON.issuer, "fetch_userinfo": False},
                }
            ]
        }
    }
    if SINGLE_SIGN_ON
    else {}
)

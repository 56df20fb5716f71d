"""How people are reached, and in what words."""

from pathlib import Path

from config.env import env, home
from config.mail import read_folder, read_mail

# How mails and text messages leave to people, who they are from, and how people reach the controller.
_MAIL = read_mail(env)
EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = _MAIL.backend, _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL, EMAIL_TIMEOUT = _MAIL.starts_tls, _MAIL.begins_with_tls, 20
EMAIL_FILE_PATH = _MAIL.folder
DEFAULT_FROM_EMAIL: str = env("ACCORDANT_MAIL_FROM", default="privacy@localhost")
SMS_BACKEND: str = env("ACCORDANT_SMS_BACKEND", default="consent.requests.mails.sms.backends.Unset")
SMS_URL: str = env("ACCORDANT_SMS_URL", default="")
SMS_TOKEN: str = env("ACCORDANT_SMS_TOKEN", default="")
SMS_SENDER: str = env("ACCORDANT_SMS_SENDER", default="")
SMS_FILE = Path(env("ACCORDANT_SMS_FILE", default=str(home() / "mails" / "sms.ndjson")))
PRIVACY_CONTACT: str = env("ACCORDANT_PRIVACY_CONTACT", default="")
# A folder with an installation's own wording of pages and mails, in part or whole.
WORDING_FOLDER: Path | None = read_folder(env, "ACCORDANT_WORDING")
# The rooms whose mails officers may reword, each by its `EditableMails`.
EDITABLE_MAILS = [
    "consent.requests.mails.examples.REQUEST_MAILS",
    "consent.portal.preferences.writing.PREFERENCE_MAILS",
]
# How many proxies of ours stand before the service, and say in `X-Forwarded-For` who comes.
PROXIES: int = env.int("ACCORDANT_PROXIES", default=0)
CSRF_FAILURE_VIEW = "consent.portal.views.errors.refuse_form"

"""How mail leaves: EMAIL_URL, or the SMTP_ variables, or not at all and then said so."""

from typing import Any

import environ

from config import env

SMTP = "apps.core.egress.mail.SmtpBackend"
SUBMISSION, SUBMISSION_TLS = 587, 465


def _by_url(url: str) -> dict[str, Any]:
    """Return Django's settings for a URL such as `smtp+tls://user:password@host:587`."""
    found: dict[str, Any] = environ.Env.email_url_config(url)
    if "smtp" in found["EMAIL_BACKEND"]:
        found["EMAIL_BACKEND"] = SMTP
        found["EMAIL_PORT"] = found["EMAIL_PORT"] or (
            SUBMISSION_TLS if found.get("EMAIL_USE_SSL") else SUBMISSION
        )
    return found


def _by_variables(host: str) -> dict[str, Any]:
    port = env.number("SMTP_PORT", default=SUBMISSION)
    is_tls = env.flag("SMTP_SECURE", default=False)
    return {
        "EMAIL_BACKEND": SMTP,
        "EMAIL_HOST": host,
        "EMAIL_PORT": port,
        "EMAIL_USE_SSL": is_tls,
        # A password never travels in clear unless somebody says so.
        "EMAIL_USE_TLS": not is_tls and env.flag("SMTP_STARTTLS", default=port == SUBMISSION),
        "EMAIL_HOST_USER": env.text("SMTP_USER", default=""),
        "EMAIL_HOST_PASSWORD": env.text("SMTP_PASS", default=""),
    }


def _chosen() -> dict[str, Any]:
    if url := env.optional("EMAIL_URL"):
        return _by_url(url)
    if host := env.optional("SMTP_HOST"):
        return _by_variables(host)
    return {"EMAIL_BACKEND": "apps.core.egress.mail.NoMailBackend"}


_mail = _chosen()
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH = _mail.get("EMAIL_FILE_PATH") or None
EMAIL_HOST = _mail.get("EMAIL_HOST") or ""
EMAIL_PORT = _mail.get("EMAIL_PORT") or SUBMISSION
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # of each step: a hung server holds a task this long, not for ever
# The server is named here, by the operator; still, metadata services and the like are never called.
SMTP_ALLOW_PRIVATE = env.flag("SMTP_ALLOW_PRIVATE", default=False)
DEFAULT_FROM_EMAIL = env.text("SMTP_FROM", default="noreply@order-management.local")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

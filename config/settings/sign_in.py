"""Sign-in with Google, and the switch that turns sign-in off on a developer's own machine."""

from urllib.parse import urlsplit

from apps.accounts.domains import complaint_about, complaint_about_address
from config import env
from config.settings.security import DEBUG, FORM_TARGETS

# For several apps (the desk's and another), comma-separated; staff sign in through the first.
GOOGLE_CLIENT_IDS = env.words("GOOGLE_CLIENT_ID")
GOOGLE_SIGN_IN = env.flag("GOOGLE_SIGN_IN", default=bool(GOOGLE_CLIENT_IDS))
if GOOGLE_SIGN_IN:
    env.require_google_clients("GOOGLE_CLIENT_ID", GOOGLE_CLIENT_IDS)
GOOGLE_CLIENT_SECRET = env.text("GOOGLE_CLIENT_SECRET", default="")
GOOGLE_ALLOWED_EMAILS = env.lower_words("GOOGLE_ALLOWED_EMAILS", complaint=complaint_about_address)
GOOGLE_ALLOWED_DOMAINS = env.lower_words("GOOGLE_ALLOWED_DOMAINS", complaint=complaint_about)
GOOGLE_NEW_USER_ROLE = env.one_of(
    "GOOGLE_NEW_USER_ROLE", ("viewer", "operator", "admin"), default="viewer"
)
GOOGLE_JWKS_URL = env.text("GOOGLE_JWKS_URL", default="https://www.googleapis.com/oauth2/v3/certs")
GOOGLE_AUTH_URL = env.text(
    "GOOGLE_AUTH_URL", default="https://accounts.google.com/o/oauth2/v2/auth"
)
GOOGLE_TOKEN_URL = env.text("GOOGLE_TOKEN_URL", default="https://oauth2.googleapis.com/token")
if GOOGLE_SIGN_IN and GOOGLE_CLIENT_SECRET:
    # Browsers count the page that a form's answer leads to as a target of the form.
    origin = urlsplit(GOOGLE_AUTH_URL)
    FORM_TARGETS.append(f"{origin.scheme}://{origin.netloc}")

SOCIAL_AUTH_GOOGLE_PIPELINE = ["apps.accounts.google_staff.admit_staff"]

AUTH_DISABLED = env.text("AUTH_DISABLED", default="false") == "true"  # that word and no other
BIND = env.text("BIND", default="127.0.0.1")
env.refuse_open_doors(auth_disabled=AUTH_DISABLED, debug=DEBUG, bind=BIND)

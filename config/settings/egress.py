"""Where outgoing calls may go (batch contract, section 14)."""

from config import env

EGRESS_ALLOWED_HOSTS = env.words("EGRESS_ALLOWED_HOSTS")
EGRESS_ALLOW_PRIVATE = env.flag("EGRESS_ALLOW_PRIVATE", default=False)
EGRESS_CA_BUNDLE = env.optional("EGRESS_CA_BUNDLE")
EGRESS_USER_AGENT = env.text("EGRESS_USER_AGENT", default="Backroom/0.1")

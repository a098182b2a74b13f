"""How customers are asked for their feedback."""

from config import env

FEEDBACK_LINK_DAYS = env.number("FEEDBACK_LINK_DAYS", default=30)

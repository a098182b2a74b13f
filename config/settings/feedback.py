"""How customers are asked for their feedback, and how their page is guarded."""

from config import env
from config.settings.storage import PUBLIC_URL

# What customers know the shop as: above the feedback page and in mails.
SHOP_NAME = env.text("SHOP_NAME", default="")
FEEDBACK_LINK_DAYS = env.number("FEEDBACK_LINK_DAYS", default=30, least=1)
# People need longer than this to choose a star; whoever does not is asked to send again.
FEEDBACK_FASTEST_SECONDS = 2
# Answers to one link that cannot be kept, and calls of one address with links that do not exist, on
# the page and over the API: so many in so many seconds. An answer that can be kept is always kept,
# and who has a link pays for that link alone, whatever others at the same address do.
FEEDBACK_LIMIT_PER_LINK = (30, 10 * 60)
FEEDBACK_LIMIT_OF_MISSES = (60, 15 * 60)
# Mails are in one language, because nobody knows their reader's before the page is opened.
FEEDBACK_MAIL_LANGUAGE = env.text("FEEDBACK_MAIL_LANGUAGE", default="en")
# Invite by mail as soon as an order is completed, where its customer id is a mail address.
FEEDBACK_AUTO_INVITE = env.flag("FEEDBACK_AUTO_INVITE", default=False)
FEEDBACK_INVITE_AFTER_HOURS = env.number("FEEDBACK_INVITE_AFTER_HOURS", default=0, least=0)
FEEDBACK_REMIND_AFTER_DAYS = env.number("FEEDBACK_REMIND_AFTER_DAYS", default=7, least=0)
if FEEDBACK_AUTO_INVITE and not PUBLIC_URL:
    raise env.MisconfiguredEnvironment("Mails hold links: FEEDBACK_AUTO_INVITE needs PUBLIC_URL.")

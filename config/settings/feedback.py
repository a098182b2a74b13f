"""How customers are asked for their feedback, and how their page is guarded."""

from config import env

# What customers know the shop as: above the feedback page and in mails.
SHOP_NAME = env.text("SHOP_NAME", default="")
FEEDBACK_LINK_DAYS = env.number("FEEDBACK_LINK_DAYS", default=30, least=1)
# People need longer than this to choose a star; whoever does not is asked to send again.
FEEDBACK_FASTEST_SECONDS = 2
# Sendings of one link, and looks at links that do not exist by one address: calls, seconds. Who has
# a link pays for that link alone, whatever others at the same address do.
FEEDBACK_LIMIT_PER_LINK = (30, 10 * 60)
FEEDBACK_LIMIT_OF_MISSES = (60, 15 * 60)
# Mails are in one language, because nobody knows their reader's before the page is opened.
FEEDBACK_MAIL_LANGUAGE = env.text("FEEDBACK_MAIL_LANGUAGE", default="en")

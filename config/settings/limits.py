"""How much of anything is accepted, and how long it is kept."""

from config import env

MAX_JSON_BYTES = 1024 * 1024 * env.number("MAX_JSON_MB", default=1)
DESK_MAX_BODY_BYTES = 10 * 1024 * 1024  # what the desk's clients were promised
BATCH_MAX_BODY_BYTES = 1024 * 1024 * env.number("BATCH_MAX_BODY_MB", default=25)
BATCH_MAX_RECORDS = env.number("BATCH_MAX_RECORDS", default=10_000)
BATCH_MAX_SOURCE_ROWS = env.number("BATCH_MAX_SOURCE_ROWS", default=1_000_000)
BATCH_MAX_CONCURRENCY = env.number("BATCH_MAX_CONCURRENCY", default=50)
BATCH_MAX_ACTIVE_JOBS = 20
SESSION_TTL_SECONDS = env.number("SESSION_TTL_SECONDS", default=604_800)

# Our own parsers enforce the limits; Django's answer to a big body would be an HTML 400.
DATA_UPLOAD_MAX_MEMORY_SIZE = BATCH_MAX_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

LIST_MOST_ROWS = env.number("LIST_MOST_ROWS", default=10_000, least=1)  # of lists without pages

MAX_UPLOAD_BYTES = 1024 * 1024 * env.number("MAX_UPLOAD_MB", default=100)
MAX_REQUEST_BYTES = 1024 * 1024 * env.number("MAX_REQUEST_MB", default=500)
MAX_UPLOAD_QUOTA_BYTES = 1024 * 1024 * 1024 * env.number("MAX_UPLOAD_QUOTA_GB", default=5)
WORKBOOK_MAX_ROWS = env.number("WORKBOOK_MAX_ROWS", default=200_000)

IMAGE_MAX_MB = env.number("IMAGE_MAX_MB", default=5)
IMAGE_MAX_BYTES = 1024 * 1024 * IMAGE_MAX_MB
IMAGE_MAX_PIXELS = 1_000_000 * env.number("IMAGE_MAX_MEGAPIXELS", default=40)

MAX_ROWS = env.number("MAX_ROWS", default=1_000_000)
MAX_OPEN_JOBS = env.number("MAX_OPEN_JOBS", default=10)
MAX_RESULT_BYTES = 1024 * 1024 * env.number("MAX_RESULT_MB", default=2048)

# Days; afterwards it goes, by the nightly purge (docs/operators.md).
RESULT_TTL_DAYS = env.number("RESULT_TTL_DAYS", default=30, least=1)
UPLOAD_TTL_DAYS = env.number("UPLOAD_TTL_DAYS", default=30, least=1)
JOB_TTL_DAYS = env.number("JOB_TTL_DAYS", default=90, least=1)
FAILED_JOB_TTL_DAYS = env.number("FAILED_JOB_TTL_DAYS", default=180, least=1)
GENERATED_DATA_TTL_DAYS = env.number("GENERATED_DATA_TTL_DAYS", default=14, least=1)
BATCH_ANSWER_TTL_DAYS = env.number("BATCH_ANSWER_TTL_DAYS", default=30, least=1)

# Requests, and the seconds in which they may be made: by an address of which nobody has signed in,
# by a person, and by an API key that has no rate of its own.
RATE_LIMIT_PER_ADDRESS = (env.number("RATE_LIMIT_PER_ADDRESS", default=100, least=1), 15 * 60)
RATE_LIMIT_PER_USER = (env.number("RATE_LIMIT_PER_USER", default=600, least=1), 60)
RATE_LIMIT_PER_KEY = (env.number("RATE_LIMIT_PER_KEY", default=600, least=1), 60)
# Probes must always be answered; pictures are many to a page and ask without a token; customers'
# pages and calls have limits of their own, because whole towns share an address
# (settings/feedback.py).
RATE_LIMIT_EXEMPT = (
    r"/((api/)?health(/|$)|(health|ready)z/?$|api/metrics/|images/|feedback(/|$)"
    r"|api/public/feedbacks(/|$))"
)

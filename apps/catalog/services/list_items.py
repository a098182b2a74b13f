"""A page of the catalogue as JSON, made by the database in one statement."""

from apps.core.lean import fetch, moment, text

ITEM = f"""concat(
    '{{"id":', i.id, ',"name":', {text("i.name")}, ',"price":', trim_scale(i.price),
    ',"color":', {text("i.color")}, ',"fabric":', {text("i.fabric")},
    ',"specialFeatures":', {text("i.special_features")},
    ',"imageUrl":', to_json(coalesce(%(base)s::text || nullif(i.image_path, ''), '')),
    ',"createdAt":', {moment("i.created_at")}, ',"deletedAt":', {moment("i.deleted_at")},
    ',"_id":', i.id, '}}'
)"""
# Limits are written out: for one that it does not know, PostgreSQL plans to sort all items. None
# are sought where the page is past the end.
NEWEST = """
SELECT id, created_at FROM items WHERE deleted_at IS NULL
ORDER BY created_at DESC, id DESC LIMIT {limit}
"""
LATER = """
SELECT id, created_at FROM items WHERE deleted_at IS NULL AND %(skip)s::bigint < counted.total
ORDER BY created_at DESC, id DESC LIMIT {limit} OFFSET %(skip)s
"""
PAGE = """
SELECT concat(
    '{{"items":[', (
        SELECT string_agg({item}, ',' ORDER BY place.created_at DESC, place.id DESC)
        FROM ({places}) place JOIN items i ON i.id = place.id
    ),
    '],"pagination":{{"page":', %(page)s::bigint, ',"limit":', {limit}, ',"total":', counted.total,
    ',"totalPages":', (counted.total + {limit} - 1) / {limit}, '}}}}'
)
FROM (SELECT count(*) AS total FROM items WHERE deleted_at IS NULL) counted
"""


def items_page(*, page: int, limit: int, base: str) -> str:
    """Return a page of the items that are sold, newest first; pictures' addresses begin as told."""
    places = (NEWEST if page == 1 else LATER).format(limit=limit)
    statement = PAGE.format(item=ITEM, places=places, limit=limit)
    return str(fetch(statement, page=page, skip=(page - 1) * limit, base=base)[0][0])

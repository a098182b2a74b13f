from django.utils.html import format_html
from django.utils.safestring import SafeString


def preview(path: str | None, side: int = 48) -> SafeString | str:
    """Return the small picture, which leads to the large one."""
    if not path:
        return "-"
    return format_html(
        '<a href="/images/{0}" target="_blank" rel="noopener"><img class="br-picture"'
        ' src="/images/{0}?size=small" width="{1}" height="{1}" loading="lazy"'
        ' alt="Open the picture"></a>',
        path,
        side,
    )

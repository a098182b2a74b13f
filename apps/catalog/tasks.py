from celery import shared_task
from django.utils import timezone

from apps.catalog.services.draw_thumbnail import draw_thumbnail
from apps.catalog.services.remove_forgotten import remove_forgotten
from apps.catalog.services.remove_picture import remove_picture


@shared_task(name="catalog.draw_thumbnail")
def draw_thumbnail_task(*, path: str) -> None:
    draw_thumbnail(path=path)


@shared_task(name="catalog.remove_picture")
def remove_picture_task(*, path: str) -> None:
    remove_picture(path=path)


@shared_task(name="catalog.remove_forgotten")
def remove_forgotten_task() -> None:
    remove_forgotten(now=timezone.now())

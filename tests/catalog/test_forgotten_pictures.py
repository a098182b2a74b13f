import os
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from apps.catalog.pictures.picture import picture_of_bytes
from apps.catalog.services.add_design import add_design
from apps.catalog.services.create_item import create_item
from apps.catalog.services.remove_forgotten import remove_forgotten
from apps.catalog.services.remove_picture import remove_picture
from tests.catalog.world import do_background_work, drawn, kept_files

pytestmark = pytest.mark.django_db


def age(path, **distance):
    moment = (timezone.now() - timedelta(**distance)).timestamp()
    os.utime(default_storage.path(path), (moment, moment))


def test_files_without_a_row_vanish_after_a_day_and_no_others():
    picture = picture_of_bytes(drawn())
    item = create_item(name="Shirt", price=1, picture=picture)
    add_design(item=item, name="Floral", picture=picture)
    do_background_work()
    shown = kept_files()
    orphan = default_storage.save("items/orphan.png", ContentFile(b"x"))
    young = default_storage.save("items/young.png", ContentFile(b"x"))
    for path in (*shown, orphan):
        age(path, hours=25)

    remove_forgotten(now=timezone.now())

    left = kept_files()
    assert orphan not in left
    assert young in left
    assert {path for path in shown if path.startswith(item.image_path[:38])} <= left
    assert item.designs.get().image_path in left


def test_a_picture_that_is_shown_again_is_not_removed():
    item = create_item(name="Shirt", price=1, picture=picture_of_bytes(drawn()))

    remove_picture(path=item.image_path)

    assert default_storage.exists(item.image_path)

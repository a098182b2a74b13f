import hashlib
from typing import Any

import factory
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from factory.django import DjangoModelFactory

from apps.core.ids import new_id
from apps.uploads.kinds import type_of_name
from apps.uploads.models import Upload, UploadStatus
from tests.factories.accounts import UserFactory
from tests.support.workbooks import workbook

CLAIMS = (["Claim", "Member", "Days"], ["RX-1", "M-4471", 3], ["RX-2", "M-4472", 10])


class UploadFactory(DjangoModelFactory[Upload]):
    """A stored file; `content` are its bytes, and its name says what kind it is."""

    class Meta:
        model = Upload

    id = factory.LazyFunction(new_id)
    owner = factory.SubFactory(UserFactory, operator=True)
    original_name = "march.xlsx"
    status = UploadStatus.COMPLETED
    uploaded_at = factory.LazyFunction(timezone.now)
    last_used_at = factory.LazyFunction(timezone.now)

    @classmethod
    def _create(cls, model_class: type[Upload], *args: Any, **values: Any) -> Upload:
        content = values.pop("content", None)
        if content is None:
            content = workbook(*CLAIMS)
        values.setdefault("mime_type", type_of_name(values["original_name"]))
        values.setdefault("stored_path", f"uploads/{values['uploaded_at']:%Y/%m}/{values['id']}")
        values.setdefault("size_bytes", len(content))
        values.setdefault("sha256", _sha256(content))
        default_storage.save(values["stored_path"], ContentFile(content))
        return super()._create(model_class, *args, **values)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

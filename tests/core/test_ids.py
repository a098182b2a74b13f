import pytest

from apps.core.errors import Missing
from apps.core.ids import from_public_id, new_id, public_id


def test_a_public_id_leads_back_to_its_key():
    key = new_id()

    assert from_public_id("job", public_id("job", key)) == key
    assert from_public_id("job", str(key)) == key


@pytest.mark.parametrize(
    "text", ["", "job_", "job_!!", "ses_01J9ZC3M4Q", "../etc/passwd", "job_" + "Z" * 26]
)
def test_anything_else_leads_nowhere(text):
    with pytest.raises(Missing):
        from_public_id("job", text)

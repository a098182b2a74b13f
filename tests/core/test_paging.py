import pytest
from django.test import RequestFactory
from rest_framework.request import Request

from apps.core.api.paging import paginate
from apps.core.errors import Invalid
from apps.core.models import OutboxMessage

pytestmark = pytest.mark.django_db


def asking(query):
    return Request(RequestFactory().get(f"/?{query}"))


@pytest.fixture
def listing():
    OutboxMessage.objects.bulk_create(OutboxMessage(task=f"task-{n:02}") for n in range(25))
    return OutboxMessage.objects.order_by("task")


def test_the_first_page_has_ten(listing):
    page = paginate(asking(""), listing)

    assert [row.task for row in page.rows] == [f"task-{n:02}" for n in range(10)]
    assert page.pagination == {"page": 1, "pageSize": 10, "total": 25, "totalPages": 3}


def test_the_last_page_has_the_rest(listing):
    page = paginate(asking("page=3"), listing)

    assert [row.task for row in page.rows] == [f"task-{n:02}" for n in range(20, 25)]


def test_a_page_beyond_the_end_is_empty_and_says_so(listing):
    page = paginate(asking("page=4"), listing)

    assert page.rows == []
    assert page.pagination["totalPages"] == 3


def test_nothing_has_no_pages():
    page = paginate(asking(""), OutboxMessage.objects.order_by("pk"))

    assert page.pagination == {"page": 1, "pageSize": 10, "total": 0, "totalPages": 0}


@pytest.mark.parametrize(
    "query",
    [
        *("page=0", "page=-1", "page=1.5", "page=x", "page=", "page=٣", "page=99999999"),
        *("pageSize=0", "pageSize=101", "pageSize=1e3", "page=" + "9" * 5000),
    ],
)
def test_what_is_no_page_is_refused_with_its_name(listing, query):
    with pytest.raises(Invalid) as refusal:
        paginate(asking(query), listing)

    (detail,) = refusal.value.details
    assert detail.field == query.partition("=")[0]
    assert detail.code == "out_of_range"


def test_a_view_may_allow_larger_pages(listing):
    assert len(paginate(asking("pageSize=500"), listing, largest_size=500).rows) == 25

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeNumericFilter
from unfold.decorators import display

from apps.accounts.history import recorded_as
from apps.accounts.staff import staff_of
from apps.catalog.admin.bulk_changes import BulkChanges
from apps.catalog.admin.design_inline import DesignInline
from apps.catalog.admin.item_form import ItemForm
from apps.catalog.admin.preview import preview
from apps.catalog.models import Design, Item
from apps.catalog.querysets import ItemQuerySet
from apps.catalog.story import story_of
from apps.core.day_filter import DayFilter
from apps.core.errors import DomainError
from apps.jobs.wording import chip, moment


class SoldFilter(admin.SimpleListFilter):
    """What the shop sells, and what it no longer sells."""

    title = "state"
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("sold", "On sale"), ("deleted", "Deleted")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Item]) -> QuerySet[Item]:
        if self.value() is None:
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() == "sold")


class PictureFilter(admin.SimpleListFilter):
    """Items that still need a picture."""

    title = "picture"
    parameter_name = "picture"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "With a picture"), ("no", "Without")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Item]) -> QuerySet[Item]:
        if self.value() is None:
            return queryset
        return queryset.filter(image_path__isnull=self.value() == "no")


class AddedFilter(DayFilter):
    """The day on which an item came into the catalogue."""

    title = "day added"
    parameter_name = "added"


@admin.register(Item)
class ItemAdmin(BulkChanges):
    """The catalogue; what is deleted here can be restored here."""

    form = ItemForm
    inlines = (DesignInline,)
    list_display = (
        "shown_picture",
        "name",
        "shown_price",
        "color",
        "fabric",
        "shown_designs",
        "shown_state",
        "shown_created",
    )
    list_display_links = ("name",)
    list_filter = (
        SoldFilter,
        PictureFilter,
        ("price", RangeNumericFilter),
        AddedFilter,
    )
    list_filter_submit = True
    list_per_page = 50
    search_fields = ("name",)  # shows the box; get_search_results asks as the API does
    search_help_text = "Name, colour, fabric or special features"
    show_full_result_count = False
    ordering = ("-created_at", "-id")
    actions = ("delete_items", "restore_items", "change_prices", "remove_images")
    readonly_fields = ("large_picture", "created_at", "deleted_at", "timeline")

    def get_fieldsets(self, _request: HttpRequest, obj: Item | None = None) -> Any:
        picture = ("large_picture", "picture", "remove_picture") if obj else ("picture",)
        life = [("Life", {"fields": ("created_at", "deleted_at")})] if obj else []
        texts = ("name", "price", "color", "fabric", "special_features")
        story = [("History", {"fields": ("timeline",)})] if obj else []
        return [(None, {"fields": texts}), ("Picture", {"fields": picture}), *life, *story]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Item]:
        items: ItemQuerySet = super().get_queryset(request)
        # Counted only for the items that the page shows.
        designs = Design.objects.filter(item=OuterRef("pk")).order_by().values("item")
        return items.annotate(design_count=Subquery(designs.values(count=Count("pk"))))

    def get_search_results(
        self, request: HttpRequest, queryset: ItemQuerySet, search_term: str
    ) -> tuple[QuerySet[Item], bool]:
        return queryset.searched(search_term.replace("\x00", "").strip()), False

    def has_delete_permission(self, _request: HttpRequest, _item: Item | None = None) -> bool:
        return False  # old orders point to it; the action below takes it out of the catalogue

    def save_model(self, request: HttpRequest, obj: Item, form: ItemForm, change: bool) -> None:
        """Let the service store it; what Django goes on with is the stored item."""
        obj.__dict__.update(form.store().__dict__)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with recorded_as(staff_of(request)):
                answer: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except DomainError as error:  # such as a full disk
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())
        return answer

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with recorded_as(staff_of(request)):  # what is done to many at once
            answer: HttpResponse = super().changelist_view(request, *args, **kwargs)
            return answer

    @display(description="")
    def shown_picture(self, item: Item) -> str:
        return preview(item.image_path)

    @display(description="Picture")
    def large_picture(self, item: Item) -> str:
        return preview(item.image_path, 200)

    @display(description="Price", ordering="price")
    def shown_price(self, item: Item) -> str:
        return f"{item.price:,.2f}"

    @display(description="Designs", ordering="design_count")
    def shown_designs(self, item: Item) -> str:
        return str(getattr(item, "design_count", 0) or "-")

    @display(description="State", ordering="deleted_at")
    def shown_state(self, item: Item) -> SafeString:
        return chip("Deleted", "neutral") if item.is_deleted else chip("On sale", "good")

    @display(description="Added", ordering="created_at")
    def shown_created(self, item: Item) -> SafeString:
        return moment(item.created_at)

    @display(description="What happened")
    def timeline(self, item: Item) -> SafeString:
        context = {"chapters": story_of(item)}
        return render_to_string("admin/backroom/order_timeline.html", context)

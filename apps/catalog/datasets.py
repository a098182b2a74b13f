"""What of the catalogue may be exported."""

from apps.jobs.exports.columns import column
from apps.jobs.exports.datasets import Dataset, register_dataset
from apps.jobs.files.kinds import Kind

ITEMS = Dataset(
    name="items",
    title="Items",
    description="A row an item, deleted ones included: filter `isDeleted` to leave them out.",
    relation="items i",
    key="i.id",
    columns=(
        column("id", Kind.INTEGER, "i.id", "Its number."),
        column("name", Kind.TEXT, "i.name", "What it is called."),
        column("price", Kind.DECIMAL, "i.price", "What it costs now.", scale=2),
        column("color", Kind.TEXT, "i.color", "Its colour."),
        column("fabric", Kind.TEXT, "i.fabric", "What it is made of."),
        column("specialFeatures", Kind.TEXT, "i.special_features", "What is special about it."),
        column(
            "designs",
            Kind.INTEGER,
            "(SELECT count(*) FROM item_designs d WHERE d.item_id = i.id)",
            "How many designs it has.",
        ),
        column("createdAt", Kind.DATETIME, "i.created_at", "When it was entered."),
        column("isDeleted", Kind.BOOLEAN, "(i.deleted_at IS NOT NULL)", "No longer sold."),
        column("deletedAt", Kind.DATETIME, "i.deleted_at", "Since when it is not sold."),
    ),
)

register_dataset(ITEMS)

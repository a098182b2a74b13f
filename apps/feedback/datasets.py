"""What of customers' feedback may be exported."""

from apps.jobs.exports.columns import column
from apps.jobs.exports.datasets import Dataset, register_dataset
from apps.jobs.files.kinds import Kind

FEEDBACK = Dataset(
    name="feedback",
    title="Feedback",
    description="A row a feedback, with its order.",
    relation="feedbacks f JOIN orders o ON o.id = f.order_id",
    key="f.id",
    columns=(
        column("id", Kind.INTEGER, "f.id", "Its number."),
        column("orderId", Kind.INTEGER, "f.order_id", "The order that it is about."),
        column("orderCode", Kind.TEXT, "o.code", "What people call the order.", typed=False),
        column("customerName", Kind.TEXT, "o.customer_name", "Who gave it."),
        column("rating", Kind.INTEGER, "f.rating", "1 to 5 stars."),
        column("productQuality", Kind.INTEGER, "f.product_quality", "1 to 5 stars, or none."),
        column("deliveryExperience", Kind.INTEGER, "f.delivery_experience", "The same."),
        column("comment", Kind.TEXT, "f.comment", "What the customer says."),
        column("isPublic", Kind.BOOLEAN, "f.is_public", "Whether others may read it."),
        column("responseText", Kind.TEXT, "f.response_text", "What the shop answered."),
        column("respondedAt", Kind.DATETIME, "f.responded_at", "When it did."),
        column("createdAt", Kind.DATETIME, "f.created_at", "When it was given."),
        column("updatedAt", Kind.DATETIME, "f.updated_at", "When it was last changed."),
    ),
)

register_dataset(FEEDBACK)

"""What of orders may be exported."""

from apps.jobs.exports.columns import column
from apps.jobs.exports.datasets import Dataset, register_dataset
from apps.jobs.files.kinds import Kind

ORDERS = Dataset(
    name="orders",
    title="Orders",
    description="A row an order.",
    relation="orders o",
    key="o.id",
    columns=(
        column("id", Kind.INTEGER, "o.id", "Its number."),
        column("code", Kind.TEXT, "o.code", "What people call it, such as ORD123456.", typed=False),
        column("createdAt", Kind.DATETIME, "o.created_at", "When it was entered."),
        column("orderFrom", Kind.TEXT, "o.order_from", "Where it came from.", typed=False),
        column("customerName", Kind.TEXT, "o.customer_name", "Who ordered."),
        column("customerId", Kind.TEXT, "o.customer_id", "A handle or a phone number."),
        column("address", Kind.TEXT, "o.address", "Where it goes."),
        column("totalPrice", Kind.DECIMAL, "o.total_price", "What it costs.", scale=2),
        column("paidAmount", Kind.DECIMAL, "o.paid_amount", "What was paid of it.", scale=2),
        column("status", Kind.TEXT, "o.status", "How far the work is.", typed=False),
        column("paymentStatus", Kind.TEXT, "o.payment_status", "Whether it is paid.", typed=False),
        column(
            "confirmationStatus",
            Kind.TEXT,
            "o.confirmation_status",
            "Whether the customer has said yes.",
            typed=False,
        ),
        column("deliveryStatus", Kind.TEXT, "o.delivery_status", "Where it is.", typed=False),
        column("priority", Kind.INTEGER, "o.priority", "0 to 5, 5 is the most urgent."),
        column("orderDate", Kind.DATETIME, "o.order_date", "When it was ordered."),
        column("expectedDeliveryDate", Kind.DATETIME, "o.expected_delivery_date", "When due."),
        column("actualDeliveryDate", Kind.DATETIME, "o.actual_delivery_date", "When delivered."),
        column("deliveryPartner", Kind.TEXT, "o.delivery_partner", "Who delivers it."),
        column("trackingId", Kind.TEXT, "o.tracking_id", "The deliverer's number."),
        column("customerNotes", Kind.TEXT, "o.customer_notes", "What the customer wishes."),
    ),
)
LINES = Dataset(
    name="orderLines",
    title="Order lines",
    description="A row a line of an order, with name and price as agreed then.",
    relation="order_items l JOIN orders o ON o.id = l.order_id"
    " LEFT JOIN item_designs d ON d.id = l.design_id",
    key="l.id",
    columns=(
        column("id", Kind.INTEGER, "l.id", "The line's number."),
        column("orderId", Kind.INTEGER, "o.id", "Its order."),
        column("orderCode", Kind.TEXT, "o.code", "What people call the order.", typed=False),
        column("orderedAt", Kind.DATETIME, "o.created_at", "When the order was entered."),
        column("orderStatus", Kind.TEXT, "o.status", "How far the order is.", typed=False),
        column("itemId", Kind.INTEGER, "l.item_id", "What was ordered."),
        column("name", Kind.TEXT, "l.name", "What it was called then."),
        column("design", Kind.TEXT, "d.design_name", "Its design."),
        column("price", Kind.DECIMAL, "l.price", "What one of them cost.", scale=2),
        column("quantity", Kind.INTEGER, "l.quantity", "How many."),
        column("total", Kind.DECIMAL, "(l.price * l.quantity)", "Price times quantity.", scale=2),
        column("customization", Kind.TEXT, "l.customization_request", "What is to be special."),
    ),
)

register_dataset(ORDERS)
register_dataset(LINES)

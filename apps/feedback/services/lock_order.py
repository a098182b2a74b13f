from apps.orders.models import Order
from apps.orders.refusals import OrderNotFound


def lock_order(order_id: int | None) -> Order:
    """
    Return the order, locked: whoever writes about its feedback waits for us.

    :raises OrderNotFound: if there is no such order
    """
    if order_id is None:
        raise OrderNotFound
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    return order

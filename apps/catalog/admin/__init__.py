from apps.catalog.admin.item_admin import ItemAdmin

__all__ = ["ItemAdmin"]

from django.urls import URLPattern, path

from apps.catalog.api import designs, items, pictures

app_name = "catalog"
urlpatterns: list[URLPattern] = [
    path("api/items", items.Items.as_view(), name="items"),
    path("api/items/deleted", items.DeletedItems.as_view(), name="deleted-items"),
    path("api/items/<str:item_id>", items.OneItem.as_view(), name="item"),
    path("api/items/<str:item_id>/restore", items.RestoreItem.as_view(), name="restore-item"),
    path("api/items/<str:item_id>/permanent", items.ItemImage.as_view(), name="item-image"),
    path("api/items/<str:item_id>/designs", designs.Designs.as_view(), name="designs"),
    path(
        "api/items/<str:item_id>/designs/<str:design_id>",
        designs.OneDesign.as_view(),
        name="design",
    ),
    path("images/items/<str:name>", pictures.picture, name="picture"),
]

"""The staff's pages."""

from django.templatetags.static import static
from django.urls import reverse_lazy

LOGIN_REDIRECT_URL = "admin:index"
UNFOLD = {
    "SITE_TITLE": "Backroom",
    "SITE_HEADER": "Backroom",
    "SITE_SUBHEADER": "Batches, uploads and jobs",
    "SITE_SYMBOL": "inventory_2",
    "SHOW_HISTORY": True,
    "DASHBOARD_CALLBACK": "apps.batches.dashboard.dashboard",
    "STYLES": [lambda _request: static("admin/backroom/backroom.css")],
    "SHOW_VIEW_ON_SITE": False,
    "LOGIN": {"form": "apps.accounts.forms.StaffLoginForm"},
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {
                "title": "Shop",
                "items": [
                    {
                        "title": "Orders",
                        "icon": "shopping_bag",
                        "link": reverse_lazy("admin:orders_order_changelist"),
                    },
                    {
                        "title": "Items",
                        "icon": "sell",
                        "link": reverse_lazy("admin:catalog_item_changelist"),
                    },
                ],
            },
            {
                "title": "Batches",
                "items": [
                    {
                        "title": "Jobs",
                        "icon": "work_history",
                        "link": reverse_lazy("admin:jobs_job_changelist"),
                    },
                    {
                        "title": "Batches",
                        "icon": "table_view",
                        "link": reverse_lazy("admin:batches_batchrun_changelist"),
                    },
                    {
                        "title": "Rows",
                        "icon": "list_alt",
                        "link": reverse_lazy("admin:batches_batchrow_changelist"),
                    },
                    {
                        "title": "Sessions",
                        "icon": "key_vertical",
                        "link": reverse_lazy("admin:batches_batchsession_changelist"),
                    },
                    {
                        "title": "Uploads",
                        "icon": "upload_file",
                        "link": reverse_lazy("admin:uploads_upload_changelist"),
                    },
                ],
            },
            {
                "title": "People",
                "items": [
                    {
                        "title": "Users",
                        "icon": "group",
                        "link": reverse_lazy("admin:accounts_user_changelist"),
                        "permission": lambda request: request.user.has_perm("accounts.view_user"),
                    },
                    {
                        "title": "API keys",
                        "icon": "vpn_key",
                        "link": reverse_lazy("admin:accounts_apikey_changelist"),
                        "permission": lambda request: request.user.has_perm("accounts.view_apikey"),
                    },
                ],
            },
        ],
    },
}

"""The staff's pages."""

from django.templatetags.static import static
from django.urls import reverse_lazy

LOGIN_REDIRECT_URL = "admin:index"
UNFOLD = {
    "SITE_TITLE": "Backroom",
    "SITE_HEADER": "Backroom",
    "SITE_SUBHEADER": "Orders, catalogue and batches",
    "SITE_SYMBOL": "inventory_2",
    "SHOW_HISTORY": True,
    "DASHBOARD_CALLBACK": "apps.ops.first_page.first_page",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("admin/backroom/favicon.svg"),
        }
    ],
    "STYLES": [lambda _request: static("admin/backroom/backroom.css")],
    "SHOW_VIEW_ON_SITE": False,
    "LOGIN": {"form": "apps.accounts.forms.StaffLoginForm"},
    # Blue, bright enough to be read as a link in the dark: 500 on dark, 600 under white text.
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.6)",
            "100": "oklch(93.2% .032 255.6)",
            "200": "oklch(88.2% .059 254.1)",
            "300": "oklch(80.9% .105 251.8)",
            "400": "oklch(74% .145 254)",
            "500": "oklch(68% .165 256)",
            "600": "oklch(52% .2 260)",
            "700": "oklch(46% .2 262)",
            "800": "oklch(40% .17 264)",
            "900": "oklch(35% .14 265)",
            "950": "oklch(28% .09 267.9)",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {
                "title": "Shop",
                "items": [
                    {
                        "title": "Sales",
                        "icon": "bar_chart",
                        "link": reverse_lazy("admin:orders_order_sales"),
                    },
                    {
                        "title": "Orders",
                        "icon": "shopping_bag",
                        "link": reverse_lazy("admin:orders_order_changelist"),
                        # The sales page lies below it, and has a line of its own.
                        "active": lambda request: (
                            "/orders/order/" in request.path and not request.path.endswith("/sales")
                        ),
                    },
                    {
                        "title": "Items",
                        "icon": "sell",
                        "link": reverse_lazy("admin:catalog_item_changelist"),
                    },
                    {
                        "title": "Feedback",
                        "icon": "reviews",
                        "link": reverse_lazy("admin:feedback_feedback_queue"),
                        "active": lambda request: "/feedback/feedback/" in request.path,
                    },
                    {
                        "title": "Reply templates",
                        "icon": "quickreply",
                        "link": reverse_lazy("admin:feedback_replytemplate_changelist"),
                    },
                    {
                        "title": "Mails to customers",
                        "icon": "outgoing_mail",
                        "link": reverse_lazy("admin:feedback_customermail_changelist"),
                    },
                    {
                        "title": "Digest",
                        "icon": "mark_email_read",
                        "link": reverse_lazy("admin:orders_digestrun_changelist"),
                    },
                    {
                        "title": "Digest recipients",
                        "icon": "contact_mail",
                        "link": reverse_lazy("admin:orders_notificationrecipient_changelist"),
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
                        "title": "Queues",
                        "icon": "monitoring",
                        "link": reverse_lazy("admin:jobs_queuestate_changelist"),
                        "active": lambda request: "/jobs/queuestate/" in request.path,
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
                        "title": "Google accounts",
                        "icon": "how_to_reg",
                        "link": reverse_lazy("admin:accounts_signinrule_changelist"),
                        "permission": lambda request: request.user.has_perm(
                            "accounts.view_signinrule"
                        ),
                    },
                    {
                        "title": "API keys",
                        "icon": "vpn_key",
                        "link": reverse_lazy("admin:accounts_apikey_changelist"),
                        "permission": lambda request: request.user.has_perm("accounts.view_apikey"),
                    },
                ],
            },
            {
                "title": "Behind the scenes",
                "items": [
                    {
                        "title": "Outbox",
                        "icon": "outbox",
                        "link": reverse_lazy("admin:core_outboxmessage_changelist"),
                        "permission": lambda request: request.user.has_perm(
                            "core.view_outboxmessage"
                        ),
                    },
                    {
                        "title": "API documents",
                        "icon": "api",
                        "link": reverse_lazy("ops:docs"),
                    },
                ],
            },
        ],
    },
}

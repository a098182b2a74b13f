from django.urls import path

from apps.accounts.api.views import Login, Logout, RefreshLogin

app_name = "accounts"
urlpatterns = [
    path("login", Login.as_view(), name="login"),
    path("token/refresh", RefreshLogin.as_view(), name="refresh"),
    path("logout", Logout.as_view(), name="logout"),
]

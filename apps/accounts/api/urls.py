from django.urls import path

from apps.accounts.api.google import GoogleSignIn, Me
from apps.accounts.api.people import People, PeopleStats, PersonRole
from apps.accounts.api.views import Login, Logout, RefreshLogin

app_name = "accounts"
urlpatterns = [
    path("login", Login.as_view(), name="login"),
    path("token/refresh", RefreshLogin.as_view(), name="refresh"),
    path("logout", Logout.as_view(), name="logout"),
    path("auth/google", GoogleSignIn.as_view(), name="google"),
    path("auth/me", Me.as_view(), name="me"),
    path("users", People.as_view(), name="users"),
    path("users/stats", PeopleStats.as_view(), name="user-stats"),
    path("users/<str:user_id>/role", PersonRole.as_view(), name="user-role"),
]

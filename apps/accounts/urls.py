from django.urls import path

from apps.accounts.views import BeginGoogleSignIn, CompleteGoogleSignIn

app_name = "google"
urlpatterns = [
    path("login", BeginGoogleSignIn.as_view(), name="begin"),
    path("complete", CompleteGoogleSignIn.as_view(), name="complete"),
]

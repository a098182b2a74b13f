from django.urls import URLPattern, path

from apps.feedback import views

app_name = "feedback"
urlpatterns: list[URLPattern] = [
    path("feedback", views.arrive, name="arrive"),
    path("feedback/thanks", views.thanks, name="thanks"),
    path("feedback/unsubscribe/<str:code>", views.unsubscribe_page, name="unsubscribe"),
    path("feedback/<str:token>", views.feedback_page, name="page"),
]

from django.urls import URLPattern, path

from apps.feedback.api import feedbacks, public

app_name = "feedback_api"
urlpatterns: list[URLPattern] = [
    path("public/feedbacks/validate-token", public.ValidateToken.as_view(), name="validate"),
    path("public/feedbacks", public.SubmitFeedback.as_view(), name="submit"),
    path("feedbacks", feedbacks.Feedbacks.as_view(), name="feedbacks"),
    path("feedbacks/stats", feedbacks.Stats.as_view(), name="stats"),
    path("feedbacks/order/<str:order_id>", feedbacks.FeedbackOfOrder.as_view(), name="of_order"),
    path(
        "feedbacks/generate-token/<str:order_id>",
        feedbacks.GenerateToken.as_view(),
        name="generate_token",
    ),
    path("feedbacks/<str:feedback_id>", feedbacks.OneFeedback.as_view(), name="feedback"),
]

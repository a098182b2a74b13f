from django.urls import path

from bench.peer import views

urlpatterns = [
    path("api/items", views.Items.as_view()),
    path("api/orders", views.Orders.as_view()),
]

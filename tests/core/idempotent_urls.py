import threading

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.idempotency import idempotent
from apps.core.errors import DomainError
from apps.core.models import OutboxMessage

gate = threading.Event()
handler404 = "apps.core.api.errors.not_found"


class PlaceParcel(APIView):
    @idempotent
    def post(self, request: Request) -> Response:
        gate.wait(timeout=60)
        message = OutboxMessage.objects.create(task=request.data["task"])
        if request.data.get("refuse"):
            raise DomainError("Not today.")
        headers = {"Location": f"/parcels/{message.pk}"}
        return Response({"parcel": message.pk, "weight": 1.5}, status=201, headers=headers)


urlpatterns = [path("parcels", PlaceParcel.as_view())]

"""Answers of the desk that are the same whatever is listed."""

from typing import Any

from rest_framework import serializers


class DeskPaginationOutput(serializers.Serializer[Any]):
    """Where a page by number stands."""

    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    total = serializers.IntegerField()
    totalPages = serializers.IntegerField()


class DeskCursorOutput(serializers.Serializer[Any]):
    """Where a page by cursor stands."""

    limit = serializers.IntegerField()
    nextCursor = serializers.CharField(allow_null=True)
    hasMore = serializers.BooleanField()


class MessageOutput(serializers.Serializer[Any]):
    """A sentence for people."""

    message = serializers.CharField()

from typing import Any

from rest_framework import serializers


class LoginInput(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=256, trim_whitespace=False)


class SignedInUser(serializers.Serializer[Any]):
    username = serializers.CharField()
    role = serializers.CharField()


class LoginOutput(serializers.Serializer[Any]):
    token = serializers.CharField()
    refreshToken = serializers.CharField()
    expiresIn = serializers.IntegerField()
    user = SignedInUser()
    message = serializers.CharField()


class RefreshInput(serializers.Serializer[Any]):
    refreshToken = serializers.CharField(max_length=200)


class LogoutInput(serializers.Serializer[Any]):
    refreshToken = serializers.CharField(max_length=200, required=False)

from apps.accounts.models.api_key import ApiKey
from apps.accounts.models.refresh_token import RefreshToken
from apps.accounts.models.user import Role, User

__all__ = ["ApiKey", "RefreshToken", "Role", "User"]

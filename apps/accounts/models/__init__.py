from apps.accounts.models.api_key import ApiKey
from apps.accounts.models.google_keys import GoogleKeys
from apps.accounts.models.refresh_token import RefreshToken
from apps.accounts.models.sign_in_rule import SignInRule
from apps.accounts.models.user import Role, User

__all__ = ["ApiKey", "GoogleKeys", "RefreshToken", "Role", "SignInRule", "User"]

"""What the sandbox prints when it is ready."""

from sandbox.admin import account_settings
from sandbox.settings import ACCOUNTS, REGION, Settings


def announcement(settings: Settings) -> str:
    """The endpoint, and settings that `aws`, boto3 and osls read from the environment."""
    lines = [
        f"The sandbox listens on {settings.endpoint}",
        "",
        f"export AWS_ENDPOINT_URL={settings.endpoint}",
        f"export AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}",
    ]
    for name, account in ACCOUNTS.items():
        keys = account_settings(name, account)
        key, secret = keys["access_key_id"], keys["secret_access_key"]
        lines.append(f"export AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY={secret}  # {name} {account}")
    return "\n".join(lines)

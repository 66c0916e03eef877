"""Who is calling: access keys, and the accounts and principals behind them."""

import re
import threading
from dataclasses import dataclass

from moto.iam.models import AccessKey, IAMBackend, iam_backends
from moto.sts.models import sts_backends

from sandbox.aws.errors import AwsError

# Every account's first user, as an account that was just set up has one.
FIRST_USER = "admin"
SECRET = "sandbox/no/secret/at/all"  # noqa: S105 - printed for everybody; signatures are not checked
_EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_opening = threading.Lock()
_FIRST_KEY = re.compile(r"AKIA(\d{12})ADMN")


@dataclass(frozen=True, slots=True)
class Principal:
    """An identity in an account, and the region that it speaks to."""

    account: str
    arn: str
    name: str
    region: str
    # The role behind an assumed-role session, with its path, which the session's own ARN has not.
    role_arn: str | None = None
    access_key: str | None = None


def first_access_key(account: str) -> str:
    """The id of the access key that the account's first user has from the start."""
    return f"AKIA{account}ADMN"


def iam(account: str) -> IAMBackend:
    backend: IAMBackend = iam_backends[account]["aws"]
    return backend


def principal_of(access_key: str, region: str) -> Principal:
    """Whose key this is. An unknown key is refused, as AWS does, and never means some default account."""
    account, key = _find(access_key)
    if key.role_arn:
        session = sts_backends[account]["aws"].get_assumed_role_from_access_key(access_key)
        if session is not None:
            role = key.role_arn.rpartition("/")[2]
            name = f"{role}/{session.session_name}"
            return Principal(account, str(session.arn), name, region, str(key.role_arn), access_key)
    user = str(key.user_name)
    return Principal(account, str(iam(account).get_user(user).arn), user, region, None, access_key)


def _find(access_key: str) -> tuple[str, AccessKey]:
    first = _FIRST_KEY.fullmatch(access_key)
    if first:
        _have_first_user(first[1])
    # A copy: another thread may open a new account while this one looks.
    for account, backend in list(iam_backends.items()):
        key = backend["aws"].access_keys.get(access_key)
        if key is not None:
            return account, key
    raise AwsError(
        "UnrecognizedClientException",
        "The security token included in the request is invalid. The sandbox knows the access keys that "
        f"it printed (such as {first_access_key('111111111111')}) and those made in it, not {access_key!r}.",
        403,
    )


def _have_first_user(account: str) -> None:
    access_key = first_access_key(account)
    with _opening:
        backend = iam(account)
        if access_key in backend.access_keys:
            return
        backend.create_user("eu-west-1", FIRST_USER)
        # The name and the text of AWS's own policy; moto would load all thousand of them for it.
        backend.put_user_policy(FIRST_USER, "AdministratorAccess", _EVERYTHING)
        key = backend.get_user(FIRST_USER).create_access_key(prefix="AKIA")
        key.access_key_id, key.secret_access_key = access_key, SECRET
        backend.access_keys[access_key] = key

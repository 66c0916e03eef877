"""The ledger as a person at a terminal may use it: with a profile of theirs, or as Airflow does."""

from __future__ import annotations

import logging
import os

from release_ops.clients.ledger import Ledger
from release_ops.config import Catalog


def ledger_of(catalog: Catalog, profile: str | None) -> Ledger:
    """Return the catalog's ledger. Raises ErroredError and botocore's BotoCoreError."""
    dev = catalog.environments["dev"]
    bucket, region = dev.ledger_bucket or "", dev.home_region
    if profile is not None:
        import boto3  # half a second, and the other commands do without

        return Ledger(boto3.Session(profile_name=profile).client("s3", region_name=region), bucket)
    # What Airflow says of itself is not about the ledger, and it says it where our answer goes.
    logging.disable(logging.WARNING)
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
    # As `airflow connections get` does it: else Airflow asks for connections as tasks do, not its database.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    from release_ops.hooks import accounts  # seconds, for all of Airflow

    return accounts.ledger(dev.aws_connection, region, bucket)

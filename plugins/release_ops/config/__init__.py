"""services.yaml as frozen models, and good errors."""

from release_ops.config.load import load_catalog, read_catalog
from release_ops.config.mistakes import CatalogError, Mistake
from release_ops.config.models import (
    GLOBAL,
    Catalog,
    Check,
    Environment,
    HttpCheck,
    InvokeCheck,
    Kind,
    Service,
    TrackCheck,
    Train,
)

__all__ = [
    "GLOBAL",
    "Catalog",
    "CatalogError",
    "Check",
    "Environment",
    "HttpCheck",
    "InvokeCheck",
    "Kind",
    "Mistake",
    "Service",
    "TrackCheck",
    "Train",
    "load_catalog",
    "read_catalog",
]

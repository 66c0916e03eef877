"""What AWS's services have in common: accounts and keys, requests, errors, validation."""

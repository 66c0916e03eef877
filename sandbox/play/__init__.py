"""A stand-in for Google Play's publishing API, checked against Google's own description of it."""

"""Outcomes and faults that somebody asked for: this project fails, that call is throttled."""

"""`python -m rehearsal`: what `make demo` runs."""

from rehearsal.command import main

main()

"""The command-line door: files and standard input in, messages, verdicts and traces out.

In: briefs, copy, signals (JSON, JSON Lines). Out: readable pages, or with ``--json`` one JSON object per result on
stdout; everything else goes to stderr. Promise: exit code 0 done, 2 bad input and nothing changed, 3 refused, 1 fault,
and never a traceback unless ``--verbose`` asked for it. Libraries that live here: typer, rich. Must not know: any
workshop; it asks `bootstrap` for the house.
"""

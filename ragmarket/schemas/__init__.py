"""The nouns that two rooms share: frozen pydantic models, one file per stage of the line.

In: nothing. Out: the exact bodies that the API, the command line and the audit log speak. Promise: a value that passed
here is complete and cannot be changed afterwards. Library: pydantic alone. Must not know: any workshop.
"""

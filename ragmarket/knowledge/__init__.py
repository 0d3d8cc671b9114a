"""What the bank knows, as data that people read and change without opening Python.

In: YAML files beside this page: the fact catalogue (`kinds.yaml`), one language pack per language (`languages/`)
with the sentences that tell two facts beside it (`joined/`), what each intent prefers (`angles.yaml`), conditions,
policies and rules. Out: frozen, validated objects. Promise: a file
with a mistake is refused whole, with its line. Libraries: PyYAML, pydantic. Must not know: any workshop.
"""

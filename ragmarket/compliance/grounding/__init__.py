"""Does the evidence say what the claim says?

In: a claim in any of the nine languages and the evidence that it cites. Out: supported, contradicted, unsupported or
not_verified, with a score, spans on both sides and readable reasons. Promise: what cannot be told is never called
supported. Libraries: regex; torch and transformers in `model/` alone. Must not know: who wrote the claim, or why.
"""

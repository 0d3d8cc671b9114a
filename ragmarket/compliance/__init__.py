"""Whether it may be sent: policy before the writing, review of the final bytes after it.

In: a product class, a channel, a language and a day; later the finished text. Out: what must and must not be said,
which approved wordings stand where, and findings with exact spans. Promise: a disclaimer is byte-equal to its
approved entry, and nothing is mended silently. Libraries: guardrails-ai (`validators`, `guard` only), langdetect
(`rules.language`). Must not know: how a text was written.
"""

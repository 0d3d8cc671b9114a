"""The rules themselves: pure functions from a text and what binds it to findings.

In: text, policy, and lexicons from `knowledge/rules/`. Out: findings with code-point spans of the original text.
Promise: the same input gives the same findings, and no rule keeps state or opens anything. Libraries: regex,
langdetect. Must not know: guardrails-ai, or who asks.
"""

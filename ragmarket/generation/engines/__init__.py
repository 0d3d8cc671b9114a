"""Engines that continue a prompt under a grammar; each keeps the `Engine` promise and passes the same contract tests.

In: prompt, grammar, seed. Out: a `Generation`. Promise: the text follows the grammar, and the same seed gives the same
text. Libraries: torch, transformers, xgrammar. Must not know: what a claim is.
"""

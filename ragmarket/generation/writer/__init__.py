"""The writer's own small model: its data, tokenizer, training, and the weights that ship with the package.

In: the fact catalogue, the language packs and the corpus. Out: `weights/` (a Llama-architecture model that transformers
and vLLM load alike) with a model card. Promise: the same seed and data give the same examples; training resumes where
it stopped. Libraries: torch, transformers, tokenizers. Must not know: any request.
"""

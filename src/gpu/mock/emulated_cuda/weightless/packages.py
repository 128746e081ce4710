"""What other packages are given when they are imported, so that models come without their weights."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from .bitsandbytes import load_no_kernels, replace_library, run_without_values
from .calls import watch_calls
from .compiled import run_uncompiled
from .executor import WeightlessKernels
from .gguf_files import miss_kernels, read_no_blocks, read_no_mapped_blocks
from .headers import reader_of
from .hub import fetch_headers_only, use_own_cache
from .packing import pack_without_values
from .policy import ends_of_sequence_of

Preparation = Callable[[ModuleType, WeightlessKernels], None]


def learn_ends_of_sequence(criteria: ModuleType, kernels: WeightlessKernels) -> None:
    """Has transformers say which tokens end a sequence: the policy never answers with one of them."""
    kind = getattr(criteria, "EosTokenCriteria", None)
    if kind is None:
        return
    make = kind.__init__

    def __init__(self: Any, eos_token_id: Any, *args: Any, **kwargs: Any) -> None:
        kernels.policy.ends_of_sequence |= ends_of_sequence_of(eos_token_id)
        make(self, eos_token_id, *args, **kwargs)

    kind.__init__ = __init__


def read_headers_only(safetensors: Any, kernels: WeightlessKernels) -> None:
    """Has safetensors read what tensors there are, and not what is in them."""
    safetensors.safe_open = reader_of(kernels, safetensors.safe_open, safetensors.SafetensorError)


PREPARATIONS: dict[str, Preparation] = {
    "bitsandbytes": run_without_values,
    "bitsandbytes.cextension": replace_library,
    "bitsandbytes.cuda_specs": load_no_kernels,
    "gguf": read_no_blocks,
    "huggingface_hub.constants": use_own_cache,
    "huggingface_hub.file_download": fetch_headers_only,
    "safetensors": read_headers_only,
    "spaces.zero.torch.aoti": run_uncompiled,
    "spaces.zero.torch.packing": pack_without_values,
    "spaces.zero.wrappers": watch_calls,
    "transformers.generation.stopping_criteria": learn_ends_of_sequence,
    "transformers.integrations.gguf.kernels": miss_kernels,
    "transformers.integrations.gguf.reader": read_no_mapped_blocks,
}

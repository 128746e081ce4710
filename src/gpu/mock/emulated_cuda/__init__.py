"""An emulated CUDA device for PyTorch: `cuda:0` made of host memory.

Tensors on it are ordinary tensors with CUDA's dispatch key, whose operators run the CPU kernels on
the same bytes. No compiler, no GPU, and no patch to anything but PyTorch's own Python surface.

    import torch, emulated_cuda
    emulated_cuda.install(torch)

See docs/emulated-cuda.md for how it works and where it differs from a card.
"""

from .install import install, prepare_package, redirect_inductor, watch_misreads
from .support import UnsupportedTorch

__all__ = ["UnsupportedTorch", "install", "prepare_package", "redirect_inductor", "watch_misreads"]

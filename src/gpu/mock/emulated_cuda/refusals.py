"""What CUDA's kernels refuse and the CPU's compute: types that they are not written for, and two shapes.

A Space that multiplies integers on the device would pass here and fail on a card. The names in the messages are
those of PyTorch's dispatch macros, as they stand in the CUDA libraries of PyTorch 2.8 and 2.13; which types an
operator has on CUDA is what PyTorch's own operator database says (`OpInfo.dtypesIfCUDA`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

SINGLE = frozenset({torch.float32, torch.float64})
FLOATS = SINGLE | {torch.float16, torch.bfloat16}
COMPLEX = frozenset({torch.complex64, torch.complex128})
PRODUCTS = FLOATS | COMPLEX
LINALG = SINGLE | COMPLEX

# PyTorch's C++ names of types, where they are not the Python name in capitals.
SCALAR_NAMES = {
    torch.int64: "Long",
    torch.int32: "Int",
    torch.int16: "Short",
    torch.int8: "Char",
    torch.uint8: "Byte",
    torch.float16: "Half",
    torch.bfloat16: "BFloat16",
    torch.float32: "Float",
    torch.float64: "Double",
    torch.complex32: "ComplexHalf",
    torch.complex64: "ComplexFloat",
    torch.complex128: "ComplexDouble",
}

Args = tuple[Any, ...]


class Refusal:
    """The types that an operator takes on CUDA, and the words for the others."""

    __slots__ = ("allowed", "at", "words")

    def __init__(
        self,
        words: str | Callable[[Args], str],
        allowed: frozenset[torch.dtype],
        at: int = 0,
    ) -> None:
        self.words = words
        self.allowed = allowed
        # Position of the operand whose type decides.
        self.at = at

    def concerns(self, args: Args) -> bool:
        """Whether CUDA has no kernel for this call; it has none to run where there is nothing to compute."""
        if len(args) <= self.at:
            return False
        operand = args[self.at]
        if not isinstance(operand, Tensor) or operand.dtype in self.allowed:
            return False
        return all(not isinstance(value, Tensor) or value.numel() > 0 for value in args)

    def error(self, args: Args) -> RuntimeError:
        """PyTorch's own: a macro's, or cuDNN's where the words are a sentence."""
        name = self.words if isinstance(self.words, str) else self.words(args)
        scalar = scalar_name(args[self.at].dtype)
        if " " in name:
            return RuntimeError(name.format(scalar))
        return _not_implemented()(f"\"{name}\" not implemented for '{scalar}'")


def scalar_name(dtype: torch.dtype) -> str:
    """As messages of C++ have it: `Long`."""
    name = str(dtype).partition(".")[2]
    return SCALAR_NAMES.get(dtype, name[:1].upper() + name[1:])


def _not_implemented() -> type[RuntimeError]:
    """The type of a macro's error: NotImplementedError since PyTorch 2.3, RuntimeError before."""
    truth = torch.ones(1, 1, dtype=torch.bool)
    try:
        torch.mm(truth, truth)
    except RuntimeError as error:
        return type(error)
    return RuntimeError


def _product(args: Args) -> str:
    """`matmul` becomes another operator for each number of dimensions."""
    left, right = args[0].dim(), args[1].dim()
    if left == 1 and right == 1:
        return "dot"
    if right == 1:
        return "addmv_impl_cuda"
    if left <= 2 and right <= 2 or left > 2 and right == 2 or left == 1:
        return "addmm_cuda"
    return "baddbmm_cuda"


CUDNN = "getCudnnDataTypeFromScalarType() not supported for {}"


def _convolution(args: Args) -> str:
    """cuDNN's words, but for depthwise convolutions, which PyTorch has kernels of its own for."""
    source, weight = args[0], args[1]
    transposed = next((value for value in args[3:] if isinstance(value, bool)), False)
    groups = next((value for value in reversed(args) if type(value) is int), 1)
    depthwise = not transposed and 1 < groups == source.size(1) and weight.size(0) % groups == 0
    if depthwise and source.dim() in (3, 4):
        return "conv_depthwise2d_forward_cuda"
    if depthwise and source.dim() == 5:
        return "conv_depthwise3d"
    return CUDNN


def _batched(single: str, batched: str) -> Callable[[Args], str]:
    def name(args: Args) -> str:
        source = args[0]
        is_small = source.dim() > 2 and max(source.shape[-2:]) <= 32
        return batched if is_small else single

    return name


def _table() -> dict[str, Refusal]:
    table = {
        **{name: Refusal("addmm_cuda", PRODUCTS) for name in ("mm", "linear")},
        **{
            name: Refusal("addmm_cuda", PRODUCTS, 1)
            for name in ("addmm", "addmm_", "_addmm_activation", "addbmm", "addbmm_")
        },
        "bmm": Refusal("baddbmm_cuda", PRODUCTS),
        **{name: Refusal("baddbmm_cuda", PRODUCTS, 1) for name in ("baddbmm", "baddbmm_")},
        "mv": Refusal("addmv_impl_cuda", PRODUCTS),
        **{name: Refusal("addmv_impl_cuda", PRODUCTS, 1) for name in ("addmv", "addmv_")},
        **{name: Refusal("dot", PRODUCTS) for name in ("dot", "vdot")},
        "matmul": Refusal(_product, PRODUCTS),
        **{
            name: Refusal(_convolution, PRODUCTS)
            for name in ("convolution", "_convolution", "convolution_overrideable")
        },
        "max_pool2d_with_indices": Refusal("max_pool2d_with_indices_out_cuda_frame", FLOATS),
        "max_pool3d_with_indices": Refusal("max_pool3d_with_indices_out_frame", FLOATS),
        "avg_pool2d": Refusal("avg_pool2d_out_cuda_frame", FLOATS),
        "avg_pool3d": Refusal("avg_pool3d_out_cuda", FLOATS),
        "_adaptive_avg_pool2d": Refusal("adaptive_avg_pool2d_cuda", FLOATS),
        "_adaptive_avg_pool3d": Refusal("adaptive_avg_pool3d_cuda", FLOATS),
        **{
            name: Refusal(f"{name}_out_frame", FLOATS)
            for name in ("upsample_bilinear2d", "upsample_bicubic2d", "upsample_trilinear3d")
        },
        "_upsample_bilinear2d_aa": Refusal("upsample_bilinear2d_out_frame", FLOATS),
        "_upsample_bicubic2d_aa": Refusal("upsample_bicubic2d_out_frame", FLOATS),
        "linalg_cholesky_ex": Refusal("cholesky_cusolver", LINALG),
        "cholesky": Refusal("cholesky_cusolver", LINALG),
        "cholesky_inverse": Refusal("cholesky_inverse", LINALG),
        "cholesky_solve": Refusal("cholesky_cuda_potrs", LINALG),
        "_cholesky_solve_helper": Refusal("cholesky_cuda_potrs", LINALG),
        **{
            name: Refusal(_batched("geqrf_cuda", "geqrf_batched_cuda"), LINALG)
            for name in ("geqrf", "linalg_qr")
        },
        "linalg_householder_product": Refusal("orgqr_cuda", LINALG),
        "ormqr": Refusal("orgmr_cuda", LINALG),
        "_linalg_svd": Refusal(_batched("svd_cuda_gesvdj", "svd_cuda_gesvdjBatched"), LINALG),
        "_linalg_eigh": Refusal("linalg_eigh_cuda", LINALG),
        **{
            name: Refusal("linalg_eig_cuda", LINALG)
            for name in ("linalg_eig", "linalg_eigvals", "_linalg_eigvals")
        },
        **{
            name: Refusal(_batched("lu_factor_cusolver", "lu_factor_cublas"), LINALG)
            for name in (
                *("linalg_lu_factor_ex", "linalg_lu", "_linalg_det", "_linalg_slogdet"),
                *("_linalg_solve_ex", "linalg_inv_ex"),
            )
        },
        "linalg_lu_solve": Refusal(_batched("lu_solve_cusolver", "lu_solve_cublas"), LINALG),
        "linalg_ldl_factor_ex": Refusal("ldl_factor_cusolver", LINALG),
        "linalg_ldl_solve": Refusal("ldl_solve_cusolver", LINALG),
        "linalg_lstsq": Refusal("gels_batched_cublas", LINALG),
        **{
            name: Refusal("triangular_solve_cuda", LINALG)
            for name in ("triangular_solve", "linalg_solve_triangular")
        },
        "_pdist_forward": Refusal("pdist_cuda", SINGLE),
        "_ctc_loss": Refusal("ctc_loss_cuda", SINGLE),
    }
    # CUDA has these for single and double precision alone; integers become single precision first.
    no_half = frozenset(SCALAR_NAMES) - {torch.float16, torch.bfloat16} | {torch.bool}
    special = (
        *("airy_ai", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "erfcx", "log_ndtr", "ndtri"),
        *(f"chebyshev_polynomial_{kind}" for kind in "tuvw"),
        *(f"shifted_chebyshev_polynomial_{kind}" for kind in "tuvw"),
        *("hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l"),
        *("legendre_polynomial_p", "spherical_bessel_j0", "zeta"),
        *(f"modified_bessel_{kind}" for kind in ("i0", "i1", "k0", "k1")),
        *("scaled_modified_bessel_k0", "scaled_modified_bessel_k1"),
    )
    table.update({name: Refusal(f"{name}_cuda", no_half) for name in ("igamma", "igammac")})
    table.update({f"special_{name}": Refusal(f"{name}_cuda", no_half) for name in special})
    return table


REFUSALS = _table()

# The CPU has them, CUDA has not (PyTorch 2.8 to 2.13).
WITHOUT_CUDA = ("histogram", "_histogramdd_bin_edges", "_histogramdd_from_bin_cts", "_histogramdd_from_bin_tensors")


def no_kernel(operator: str) -> NotImplementedError:
    """The dispatcher's error of an operator that CUDA lacks, without its list of those that have it."""
    return NotImplementedError(
        f"Could not run '{operator}' with arguments from the 'CUDA' backend. This could be because the operator "
        "doesn't exist for this backend, or was omitted during the selective/custom build process (if using "
        "custom build). If you are a Facebook employee using PyTorch on mobile, please visit "
        "https://fburl.com/ptmfixes for possible resolutions."
    )


def check_shapes(base: str, args: Args) -> None:
    """cuBLAS multiplies bytes in multiples of eight, from 17 rows on; raises RuntimeError for others."""
    if base != "_int_mm":
        return
    left, right = args[0], args[1]
    if left.dim() != 2 or right.dim() != 2 or left.size(1) != right.size(0):
        return
    if left.size(0) <= 16:
        raise RuntimeError(f"self.size(0) needs to be greater than 16, but got {left.size(0)}")
    for name, size in (("self", left.size(1)), ("mat2", right.size(1))):
        if size == 0 or size % 8:
            raise RuntimeError(
                f"{name}.size(1) needs to be greater than 0 and a multiple of 8, but got {size}"
            )

"""What CUDA's kernels refuse and the CPU's compute: types that they are not written for, and two shapes.

A Space that multiplies integers on the device would pass here and fail on a card. Types and words are what the CUDA
kernels of PyTorch 2.8 and 2.13 answer: they look types up on the host, which was run without a card
(test/fidelity/cuda_kernels, with the answers).
"""

from __future__ import annotations

import re
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

# Linear algebra moves to other libraries, and with it the names in messages: seen in 2.8, 2.9.1, 2.10 and 2.13.
RELEASE = tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2])
HAS_CUSOLVER_EIG = RELEASE >= (2, 10)
HAS_CUSOLVER_CHOLESKY = RELEASE >= (2, 11)


EVERY = frozenset(SCALAR_NAMES) | {torch.bool}
INTEGERS = frozenset({torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8})


class Refusal:
    """The types that an operator takes on CUDA, and the words for the others."""

    __slots__ = ("allowed", "at", "even_empty", "only", "words")

    def __init__(
        self,
        words: str | Callable[[Args], str],
        allowed: frozenset[torch.dtype],
        at: int = 0,
        only: Callable[[Args, dict[str, Any]], bool] | None = None,
        even_empty: bool = False,
    ) -> None:
        self.words = words
        self.allowed = allowed
        # Position of the operand whose type decides.
        self.at = at
        # Which calls the refusal is about; None: every call.
        self.only = only
        # Most kernels are not asked when there is nothing to compute; some look the type up first.
        self.even_empty = even_empty

    def concerns(self, args: Args, kwargs: dict[str, Any]) -> bool:
        """Whether CUDA has no kernel for this call."""
        if len(args) <= self.at:
            return False
        operand = args[self.at]
        if not isinstance(operand, Tensor) or operand.dtype in self.allowed:
            return False
        if self.only is not None and not self.only(args, kwargs):
            return False
        return self.even_empty or all(not isinstance(value, Tensor) or value.numel() > 0 for value in args)

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
    if transposed and any(extra >= step for extra, step in zip(args[7], args[3])):
        return f"slow_conv_transpose{source.dim() - 2}d_out_cuda"
    depthwise = not transposed and 1 < groups == source.size(1) and weight.size(0) % groups == 0
    if depthwise and source.dim() in (3, 4):
        return "conv_depthwise2d_forward_cuda"
    if depthwise and source.dim() == 5:
        return "conv_depthwise3d"
    return CUDNN


def _batch(matrices: Tensor) -> int:
    """How many matrices there are."""
    count = 1
    for length in matrices.shape[:-2]:
        count *= length
    return count


def _several(single: str, batched: str) -> Callable[[Args], str]:
    return lambda args: batched if _batch(args[0]) > 1 else single


def _qr(args: Args) -> str:
    rows, batch = args[0].size(-2), _batch(args[0])
    return "geqrf_batched_cuda" if rows <= 256 and batch >= max(2, rows // 16) else "geqrf_cuda"


def _svd(args: Args) -> str:
    return "svd_cuda_gesvdjBatched" if max(args[0].shape[-2:]) <= 32 else "svd_cuda_gesvdj"


def _lu_factor(args: Args) -> str:
    rows, columns = args[0].size(-2), args[0].size(-1)
    batch = _batch(args[0])
    if rows == columns and batch == 1:
        return "lu_factor_cusolver"
    if rows != columns or rows > 128 or (batch > 16 and rows > 16):
        return "lu_factor_magma_batched"
    return "lu_factor_cusolver" if batch == 2 and rows > 64 else "lu_factor_cublas"


def _lu_solve(args: Args) -> str:
    rows, batch = args[0].size(-1), _batch(args[0])
    columns = args[2].size(-1) if len(args) > 2 else 1
    if rows <= 8:
        return "lu_solve_cublas"
    if columns >= 40 and (rows >= 40 or batch > 2):
        return "triangular_solve_cuda"
    return "lu_solve_cublas" if batch > 2 else "lu_solve_cusolver"


def _multiplies_or_compares(args: Args, kwargs: dict[str, Any]) -> bool:
    """Whether a reduction is more than a sum, which truth values have too."""
    kinds = ("prod", "amin", "amax", "mean", "multiply")
    return any(isinstance(value, str) and value in kinds for value in (*args, *kwargs.values()))


def _histc(args: Args) -> str:
    return "{}Tensor is not supported" if args[0].dtype is torch.float16 else "histc"


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
            name: Refusal(f"{name}_out_frame", FLOATS, even_empty=True)
            for name in ("upsample_bilinear2d", "upsample_bicubic2d", "upsample_trilinear3d")
        },
        "_upsample_bilinear2d_aa": Refusal("upsample_bilinear2d_out_frame", FLOATS),
        "_upsample_bicubic2d_aa": Refusal("upsample_bicubic2d_out_frame", FLOATS),
        "linalg_cholesky_ex": Refusal("cholesky_cusolver", LINALG),
        "cholesky": Refusal("cholesky_cusolver", LINALG),
        "cholesky_inverse": Refusal(
            _several("cholesky_cuda_potrs", "triangular_solve_cuda")
            if HAS_CUSOLVER_CHOLESKY
            else _several("cholesky_cuda_potri", "cholesky_inverse_out_cuda"),
            LINALG,
            even_empty=True,
        ),
        **{
            name: Refusal(
                _several(
                    "cholesky_cuda_potrs",
                    "triangular_solve_cuda" if HAS_CUSOLVER_CHOLESKY else "cholesky_solve_cuda",
                ),
                LINALG,
                even_empty=True,
            )
            for name in ("cholesky_solve", "_cholesky_solve_helper")
        },
        **{name: Refusal(_qr, LINALG, even_empty=True) for name in ("geqrf", "linalg_qr")},
        "linalg_householder_product": Refusal("orgqr_cuda", LINALG, even_empty=True),
        "ormqr": Refusal("orgmr_cuda", LINALG, even_empty=True),
        "_linalg_svd": Refusal(_svd, LINALG),
        "_linalg_eigh": Refusal("linalg_eigh_cuda", LINALG),
        **{
            name: Refusal("linalg_eig_cuda" if HAS_CUSOLVER_EIG else "linalg_eig_out_cpu", LINALG, even_empty=True)
            for name in ("linalg_eig", "linalg_eigvals", "_linalg_eigvals")
        },
        **{
            name: Refusal(_lu_factor, LINALG)
            for name in (
                *("linalg_lu_factor_ex", "linalg_lu", "_linalg_det", "_linalg_slogdet"),
                *("_linalg_solve_ex", "linalg_inv_ex"),
            )
        },
        "linalg_lu_solve": Refusal(_lu_solve, LINALG),
        "linalg_ldl_factor_ex": Refusal("ldl_factor_looped_cusolver", LINALG),
        "linalg_ldl_solve": Refusal("ldl_solve_looped_cusolver", LINALG),
        "linalg_lstsq": Refusal("This function doesn't handle types other than float and double", LINALG),
        **{
            name: Refusal("triangular_solve_cuda", LINALG, even_empty=True)
            for name in ("triangular_solve", "linalg_solve_triangular")
        },
        "polar": Refusal("polar_cuda", SINGLE, even_empty=True),
        "_pdist_forward": Refusal("pdist_cuda", SINGLE, only=lambda args, kwargs: args[0].size(0) > 1),
        "_trilinear": Refusal("baddbmm_cuda", PRODUCTS),
        "_ctc_loss": Refusal("ctc_loss_cuda", SINGLE),
        "_cdist_forward": Refusal("cdist_cuda", SINGLE),
        "bincount": Refusal("bincount_cuda", INTEGERS, even_empty=True),
        "histc": Refusal(_histc, SINGLE | INTEGERS, even_empty=True),
        "native_dropout": Refusal("fused_dropout", FLOATS),
        "angle": Refusal("angle_cuda", EVERY - {torch.float16, torch.bfloat16}, even_empty=True),
        **{
            name: Refusal("searchsorted_out_cuda", EVERY - {torch.bool})
            for name in ("searchsorted", "bucketize")
        },
        **{name: Refusal("index_reduce", EVERY - {torch.bool}) for name in ("index_reduce", "index_reduce_")},
        **{
            name: Refusal(
                "cuda_scatter_gather_base_kernel_func",
                EVERY - {torch.bool},
                only=_multiplies_or_compares,
            )
            for name in ("scatter_reduce", "scatter_reduce_", "scatter", "scatter_")
        },
    }
    # CUDA has these for single and double precision alone; integers become single precision first.
    no_half = EVERY - {torch.float16, torch.bfloat16}
    special = (
        *("airy_ai", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "erfcx", "log_ndtr", "ndtri"),
        *(f"chebyshev_polynomial_{kind}" for kind in "tuvw"),
        *(f"shifted_chebyshev_polynomial_{kind}" for kind in "tuvw"),
        *("hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l"),
        *("legendre_polynomial_p", "spherical_bessel_j0", "zeta"),
        *(f"modified_bessel_{kind}" for kind in ("i0", "i1", "k0", "k1")),
        *("scaled_modified_bessel_k0", "scaled_modified_bessel_k1"),
    )
    table.update({name: Refusal(f"{name}_cuda", no_half, even_empty=True) for name in ("igamma", "igammac")})
    table.update({f"special_{name}": Refusal(f"{name}_cuda", no_half, even_empty=True) for name in special})
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

"""What GPUs can do at most, as their makers say, and what a share of one can.

Dense figures, without structured sparsity. `bench/estimate` and its tests use the cards on which others
have measured; a Space is estimated for those of the platform.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# FlashAttention-3's paper (arXiv 2407.08608), abstract: in FP16, forward.
FLASH3_SPEEDUPS = (1.5, 2.0)
TERA = 1e12
GIGA = 1e9


@dataclass(frozen=True)
class Card:
    """A GPU's highest rates.

    Attributes:
        half: multiplications and additions a second in fp16 and bf16, summed up in fp32.
        tf32, single: the same in TF32 and in fp32.
        eighth: the same in fp8 and int8.
        bytes_per_second: to and from its memory.
        link_bytes_per_second: to and from the host's memory.
        flash3_speedups: how much faster FlashAttention-3 is than FlashAttention-2, at least and at most; None where
            it does not run (Hopper alone: sm_90).
        source: where the figures are from.
    """

    name: str
    half: float
    tf32: float
    single: float
    eighth: float
    bytes_per_second: float
    link_bytes_per_second: float
    source: str
    flash3_speedups: tuple[float, float] | None = None


CARDS = {
    card.name: card
    for card in (
        Card(
            "A100-80", 312 * TERA, 156 * TERA, 19.5 * TERA, 624 * TERA, 2039 * GIGA, 24 * GIGA,
            "NVIDIA A100 datasheet (SXM, 80 GB); link: PCIe 4.0 x16, 31.5 GB/s of which three quarters",
        ),
        Card(
            "H100", 989 * TERA, 495 * TERA, 67 * TERA, 1979 * TERA, 3350 * GIGA, 48 * GIGA,
            "NVIDIA H100 datasheet (SXM), half of the sparse figures; link: PCIe 5.0 x16, three quarters",
            FLASH3_SPEEDUPS,
        ),
        Card(
            "H200", 989 * TERA, 495 * TERA, 67 * TERA, 1979 * TERA, 4800 * GIGA, 48 * GIGA,
            "NVIDIA H200 datasheet (SXM), half of the sparse figures; link as the H100's",
            FLASH3_SPEEDUPS,
        ),
        Card(
            "RTX PRO 6000", 500 * TERA, 250 * TERA, 120 * TERA, 1000 * TERA, 1597 * GIGA, 48 * GIGA,
            "NVIDIA's product page of the Server Edition (4 PFLOPS of sparse fp4: an eighth in bf16);"
            " unconfirmed, the other editions have 1792 GB/s",
        ),
    )
}


@dataclass(frozen=True)
class Share:
    """What a call has of a card.

    Attributes:
        card: the whole one.
        compute, memory: shares of its rates, at worst and at best: where no page says how a card is
            divided, they differ.
        basis: why.
    """

    card: Card
    compute: tuple[float, float] = (1.0, 1.0)
    memory: tuple[float, float] = (1.0, 1.0)
    basis: str = field(default="a whole card")


# By the platform's profile and the size of a call.
SHARES = {
    ("h200", "large"): Share(
        CARDS["H200"], (60 / 132, 60 / 132), (0.5, 0.5),
        "60 of 132 multiprocessors (spaces 0.51.3, spaces/zero/configs.json), which with 71 GB is NVIDIA's"
        " MIG profile 3g.71gb: half of the memory and of its rate",
    ),
    ("h200", "xlarge"): Share(CARDS["H200"]),
    ("rtx-pro-6000", "large"): Share(
        CARDS["RTX PRO 6000"], (0.5, 1.0), (0.5, 1.0),
        "half a card; no page says whether by MIG (half of the rates) or by turns (up to all of them)",
    ),
    ("rtx-pro-6000", "xlarge"): Share(CARDS["RTX PRO 6000"]),
}

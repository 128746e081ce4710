"""The emulated CUDA device against plain CPU tensors: same models, same weights, in turn.

    PYTHON bench/emulated-cuda.py [ROUNDS] [--json]

PYTHON is an interpreter with torch and transformers. Medians; the ratio is taken round by round.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src/gpu/mock"))

import emulated_cuda
import torch

emulated_cuda.install(torch)

from transformers import LlamaConfig, LlamaForCausalLM

TOKENS = 32
IMAGES = 8
PIXELS = 64


def make_language_model(hidden_size: int) -> LlamaForCausalLM:
    """A Llama of four layers with random weights."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=1000,
        hidden_size=hidden_size,
        intermediate_size=2 * hidden_size,
        num_hidden_layers=4,
        num_attention_heads=8,
        num_key_value_heads=4,
        eos_token_id=None,
        pad_token_id=0,
    )
    return LlamaForCausalLM(config).eval()


def make_conv_net() -> torch.nn.Module:
    """Four convolutions with batch norm, as image models begin."""
    torch.manual_seed(0)
    layers: list[torch.nn.Module] = []
    for before, after in ((3, 16), (16, 32), (32, 64), (64, 64)):
        layers += [
            torch.nn.Conv2d(before, after, 3, padding=1),
            torch.nn.BatchNorm2d(after),
            torch.nn.ReLU(),
        ]
    return torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1)).eval()


def generate_seconds(model: LlamaForCausalLM, device: str) -> float:
    """One greedy `generate` of TOKENS tokens."""
    prompt = torch.arange(1, 17, device=device)[None]
    started = time.perf_counter()
    model.generate(prompt, max_new_tokens=TOKENS, min_new_tokens=TOKENS, do_sample=False)
    return time.perf_counter() - started


@torch.inference_mode()
def conv_seconds(net: torch.nn.Module, device: str) -> float:
    """One pass over a batch of images, read back."""
    images = torch.ones(IMAGES, 3, PIXELS, PIXELS, device=device)
    started = time.perf_counter()
    net(images).cpu()
    return time.perf_counter() - started


def add_seconds(_model: None, device: str) -> float:
    """One small addition: what an operator costs by itself."""
    a = torch.ones(4, device=device)
    started = time.perf_counter()
    for _ in range(2000):
        a + a
    return (time.perf_counter() - started) / 2000


def compare(make, measure, rounds: int) -> dict[str, float]:
    """Both sides in turn, after one warm-up each."""
    models = {device: make() for device in ("cpu", "cuda")}
    for device, model in models.items():
        if model is not None:
            model.to(device)
        measure(model, device)
    times: dict[str, list[float]] = {"cpu": [], "cuda": []}
    for _ in range(rounds):
        for device, model in models.items():
            times[device].append(measure(model, device))
    ratios = [cuda / cpu for cpu, cuda in zip(times["cpu"], times["cuda"])]
    return {
        "cpuMs": 1000 * statistics.median(times["cpu"]),
        "cudaMs": 1000 * statistics.median(times["cuda"]),
        "ratio": statistics.median(ratios),
    }


def main() -> None:
    rounds = next((int(arg) for arg in sys.argv[1:] if arg.isdigit()), 9)
    rows = {
        "generate, hidden size 128": compare(lambda: make_language_model(128), generate_seconds, rounds),
        "generate, hidden size 512": compare(lambda: make_language_model(512), generate_seconds, rounds),
        "conv net": compare(make_conv_net, conv_seconds, rounds),
        "one addition of 4 numbers": compare(lambda: None, add_seconds, rounds),
    }
    if "--json" in sys.argv:
        print(json.dumps(rows))
        return
    print(f"{'':28}{'CPU':>12}{'emulated':>12}{'ratio':>8}   (medians of {rounds})")
    for name, row in rows.items():
        print(f"{name:28}{row['cpuMs']:9.3f} ms{row['cudaMs']:9.3f} ms{row['ratio']:8.2f}")


if __name__ == "__main__":
    main()

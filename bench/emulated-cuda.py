"""The emulated CUDA device against plain CPU tensors: same models, same weights, in turn.

    PYTHON bench/emulated-cuda.py [ROUNDS] [--json]

PYTHON is an interpreter with torch, transformers and diffusers. Medians; the ratio is taken round by round.
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

load_started = time.perf_counter()
emulated_cuda.install(torch)
LOAD_MS = 1000 * (time.perf_counter() - load_started)

from diffusers import UNet2DModel
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


def make_unet() -> UNet2DModel:
    """A small denoiser: convolutions, group norms and attention."""
    torch.manual_seed(0)
    return UNet2DModel(
        sample_size=32,
        in_channels=3,
        out_channels=3,
        layers_per_block=2,
        block_out_channels=(64, 128),
        norm_num_groups=8,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    ).eval()


@torch.inference_mode()
def unet_seconds(unet: UNet2DModel, device: str) -> float:
    """One step of a denoiser on one image of 32 x 32."""
    image = torch.ones(1, 3, 32, 32, device=device)
    started = time.perf_counter()
    unet(image, 10).sample.cpu()
    return time.perf_counter() - started


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


OPERATORS = {
    "add": lambda a, b: a + b,
    "mul by a number": lambda a, b: a * 2,
    "matmul": lambda a, b: a @ b,
    "softmax": lambda a, b: a.softmax(-1),
    "sum": lambda a, b: a.sum(),
    "cat": lambda a, b: torch.cat((a, b)),
    "transpose": lambda a, b: a.t(),
    "index": lambda a, b: a[1:3],
    "add in place": lambda a, b: a.add_(0),
    "empty": lambda a, b: torch.empty(4, device=a.device),
}
CALLS = 1000


@torch.inference_mode()
def operator_seconds(name: str, device: str) -> float:
    """One call of an operator on 4 x 4 numbers: what it costs by itself."""
    operator = OPERATORS[name]
    a, b = torch.ones(4, 4, device=device), torch.ones(4, 4, device=device)
    started = time.perf_counter()
    for _ in range(CALLS):
        operator(a, b)
    return (time.perf_counter() - started) / CALLS


def compare(make, measure, rounds: int) -> dict[str, float]:
    """Both sides in turn, after one warm-up each."""
    models = {device: make() for device in ("cpu", "cuda")}
    for device, model in models.items():
        if isinstance(model, torch.nn.Module):
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
    small, larger = (lambda: make_language_model(128)), (lambda: make_language_model(512))
    models = {
        "generate, hidden size 128": compare(small, generate_seconds, rounds),
        "generate, hidden size 512": compare(larger, generate_seconds, rounds),
        "UNet step": compare(make_unet, unet_seconds, rounds),
        "conv net": compare(make_conv_net, conv_seconds, rounds),
    }
    operators = {
        name: compare(lambda name=name: name, operator_seconds, rounds) for name in OPERATORS
    }
    if "--json" in sys.argv:
        print(json.dumps({"loadMs": LOAD_MS, "models": models, "operators": operators}))
        return
    print(f"loading the device: {LOAD_MS:.0f} ms; medians of {rounds}")
    print(f"{'model':28}{'CPU':>12}{'emulated':>12}{'ratio':>8}")
    for name, row in models.items():
        print(f"{name:28}{row['cpuMs']:9.1f} ms{row['cudaMs']:9.1f} ms{row['ratio']:8.2f}")
    print(f"{'operator, 4 x 4 numbers':28}{'CPU':>12}{'emulated':>12}{'more':>11}")
    for name, row in operators.items():
        cpu, cuda = 1000 * row["cpuMs"], 1000 * row["cudaMs"]
        print(f"{name:28}{cpu:9.1f} µs{cuda:9.1f} µs{cuda - cpu:8.1f} µs")


if __name__ == "__main__":
    main()

"""How each row of measurements.json is run, by the name in its `run`: the same on any device behind `cuda`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import models
from models import Call

Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A model, or a pipeline, and what calls it once."""

    build: Callable[[Row], Any]
    call: Callable[[Any, Row], Call]


def generate(model: Any, row: Row) -> Call:
    return models.generation(model, row["prompt"], row["tokens"])


def train(model: Any, row: Row) -> Call:
    return models.training_step(model, row["batch"], row["length"])


RUNS: dict[str, Run] = {
    "llama-8b": Run(lambda r: models.llama_8b(), generate),
    "qwen3-8b": Run(lambda r: models.qwen3_8b(), generate),
    "bert-step": Run(lambda r: models.bert(), train),
    "opt-step": Run(lambda r: models.opt_350m(), train),
    "flux-transformer": Run(
        lambda r: models.flux_transformer(), lambda model, r: models.flux_transformer_call(model)
    ),
    "flux-dev": Run(
        lambda r: models.flux(), lambda pipe, r: models.flux_call(pipe, r["batch"], r["steps"])
    ),
    "flux-schnell": Run(
        lambda r: models.flux(False), lambda pipe, r: models.flux_call(pipe, r["batch"], r["steps"], 256)
    ),
    "cogvideox-2b": Run(
        lambda r: models.cogvideox(), lambda pipe, r: models.cogvideox_call(pipe, r["steps"])
    ),
    "sdxl": Run(lambda r: models.sdxl(), lambda pipe, r: models.sdxl_call(pipe, r["steps"])),
    "sd15": Run(
        lambda r: models.sd15(r.get("fused", True)), lambda pipe, r: models.sd15_call(pipe, r["steps"])
    ),
}

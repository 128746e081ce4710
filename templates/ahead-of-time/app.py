"""Ahead-of-time compilation: the model is compiled once, when the app starts.

`torch.compile` compiles while it runs, in a worker that ZeroGPU may end after each call: it is not
supported. What works is to export the model, compile the export, and hand the result to every worker
(PyTorch 2.8 and newer). `zerogpu run` compiles for the CPU, and needs a C++ compiler to do so.
"""

import time

import gradio as gr
import spaces
import torch

WIDTH = 128
LAYERS = 4


class Block(torch.nn.Module):
    """What is compiled: the part of a model that runs again and again, a transformer block say."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = torch.nn.LayerNorm(WIDTH)
        self.first = torch.nn.Linear(WIDTH, 4 * WIDTH)
        self.second = torch.nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, value: torch.Tensor, *, steps: torch.Tensor) -> torch.Tensor:
        hidden = torch.nn.functional.gelu(self.first(self.norm(value)))
        return value + self.second(hidden) / steps


torch.manual_seed(0)
block = Block().eval().to("cuda")


@spaces.GPU(duration=1500)
def build():
    """Runs once, before launch(): a call at start-up has no visitor and may take up to 1500 s."""
    value = torch.randn(16, WIDTH, device="cuda")
    steps = torch.tensor(float(LAYERS), device="cuda")
    with torch.no_grad():
        # The arguments of one real call, as the pipeline makes it. The call itself is not carried out.
        with spaces.aoti_capture(block) as call:
            block(value, steps=steps)
        # Shapes are fixed unless they are declared: here the number of rows may be anything to 1024.
        rows = torch.export.Dim("rows", min=2, max=1024)
        exported = torch.export.export(
            block,
            args=call.args,
            kwargs=call.kwargs,
            dynamic_shapes={"value": {0: rows}, "steps": None},
        )
    return spaces.aoti_compile(exported)


# From here on `block(…)` is the compiled one, in every worker.
spaces.aoti_apply(build(), block)


@spaces.GPU(duration=10)
def run(rows: int, seed: int) -> dict:
    """Uses the compiled block as if nothing had happened."""
    generator = torch.Generator("cuda").manual_seed(int(seed))
    value = torch.randn(int(rows), WIDTH, device="cuda", generator=generator)
    steps = torch.tensor(float(LAYERS), device="cuda")
    begin = time.perf_counter()
    with torch.no_grad():
        for _ in range(LAYERS):
            value = block(value, steps=steps)
    # Kernels run beside Python: without this, the time would be that of handing them over.
    torch.cuda.synchronize()
    milliseconds = 1000 * (time.perf_counter() - begin)
    return {
        "device": str(value.device),
        "rows": value.shape[0],
        "mean": round(value.mean().item(), 4),
        "milliseconds": round(milliseconds, 2),
    }


demo = gr.Interface(
    run,
    [gr.Slider(2, 1024, value=16, step=1, label="Rows"), gr.Number(0, precision=0, label="Seed")],
    gr.JSON(label="Answer"),
    title="Ahead-of-time compilation",
    api_name="run",
)

if __name__ == "__main__":
    demo.launch()

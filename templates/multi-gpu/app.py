"""Two GPU functions that run at the same time, each on a GPU of its own.

A ZeroGPU call gets one slice, and a Space may hold several slices at once. So several GPUs means
several calls: no DataParallel, no `cuda:1`. Try it with two: zerogpu run . --gpus 2
"""

import time

import gradio as gr
import spaces
import torch

torch.manual_seed(0)
# Two models, both packed at start-up; a call brings to its GPU what it uses.
painter = torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.GELU(), torch.nn.Linear(256, 64))
writer = torch.nn.Sequential(torch.nn.Linear(64, 512), torch.nn.GELU(), torch.nn.Linear(512, 64))
painter.to("cuda")
writer.to("cuda")


@spaces.GPU(duration=15)
def paint(seconds: float) -> dict:
    """The first function. Each has its own worker process, and so its own `cuda:0`."""
    return use(painter, float(seconds))


@spaces.GPU(duration=15)
def write(seconds: float) -> dict:
    """The second function."""
    return use(writer, float(seconds))


def use(model: torch.nn.Module, seconds: float) -> dict:
    """Keeps a model busy, and tells when: overlapping times are two GPUs at work."""
    begin = time.time()
    with torch.inference_mode():
        value = torch.ones(16, 64, device="cuda")
        while time.time() - begin < seconds:
            value = torch.nn.functional.normalize(model(value), dim=-1)
    return {"begin": begin, "end": time.time(), "value": round(value.mean().item(), 4)}


with gr.Blocks(title="Several GPUs at once") as demo:
    gr.Markdown("# Several GPUs at once\nOne button, two calls: they overlap when two GPUs are free.")
    seconds = gr.Slider(0.5, 5, value=2, step=0.5, label="Seconds of work")
    button = gr.Button("Run both", variant="primary")
    with gr.Row():
        painted = gr.JSON(label="paint")
        written = gr.JSON(label="write")
    # Two listeners of one click are two events. Gradio runs one call of a function at a time unless a
    # limit says otherwise: without it, the Space would never hold more GPUs than it has functions.
    button.click(paint, seconds, painted, api_name="paint", concurrency_limit=4)
    button.click(write, seconds, written, api_name="write", concurrency_limit=4)

if __name__ == "__main__":
    demo.launch()

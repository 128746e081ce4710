"""A duration that follows what the visitor asked for: small requests need little quota."""

import gradio as gr
import spaces
import torch

# No model is needed to see it: one step is a product of two matrices.
weights = torch.eye(512).to("cuda")

# Measure these two with `zerogpu run`: its closing table shows what calls really used.
START_SECONDS = 2.0
SECONDS_PER_STEP = 0.05
LONGEST_SECONDS = 100


def estimate(steps: int, size: int) -> int:
    """Seconds that a call may take. It gets exactly the arguments of the call, and no GPU.

    It runs before the visitor is admitted, so it has to be quick. Too little, and the call is killed
    at its deadline; too much, and visitors are refused who had enough left.
    """
    seconds = START_SECONDS + int(steps) * SECONDS_PER_STEP * (int(size) / 512)
    return min(LONGEST_SECONDS, max(5, round(seconds * 1.5)))


@spaces.GPU(duration=estimate)
def work(steps: int, size: int) -> str:
    """Does as many steps as asked on the GPU."""
    vector = torch.ones(512, int(size), device="cuda")
    for _ in range(int(steps)):
        vector = torch.nn.functional.normalize(weights @ vector, dim=0)
    return f"{int(steps)} steps of size {int(size)}: {vector.sum().item():.2f}"


with gr.Blocks(title="Dynamic duration") as demo:
    gr.Markdown("# Dynamic duration")
    steps = gr.Slider(1, 1000, value=20, step=1, label="Steps")
    size = gr.Slider(64, 1024, value=512, step=64, label="Size")
    declared = gr.Number(estimate(20, 512), label="Seconds asked for", interactive=False)
    button = gr.Button("Work", variant="primary")
    answer = gr.Textbox(label="Answer")
    # The page shows what a call will cost at most, before it is made. This one needs no GPU.
    gr.on(
        [steps.change, size.change], estimate, [steps, size], declared, api_name="estimate"
    )
    button.click(work, [steps, size], answer, api_name="work")

if __name__ == "__main__":
    demo.launch()

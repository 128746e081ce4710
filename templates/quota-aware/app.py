"""A Space whose calls declare the GPU seconds that their caller asks for."""

import gradio as gr
import spaces
import torch

weights = torch.linspace(0.0, 1.0, 256 * 256).reshape(256, 256).to("cuda")


def declared(seconds: float) -> int:
    """What a call may hold at most. The platform admits it only if so much of the quota is left."""
    return int(seconds)


@spaces.GPU(duration=declared)
def render(seconds: float) -> str:
    """Stands for a job of up to `seconds`; this one needs far less."""
    value = (weights @ weights).mean().item()
    return f"{value:.4f} on {weights.device}"


demo = gr.Interface(
    fn=render,
    inputs=gr.Number(60, label="Seconds to declare"),
    outputs=gr.Textbox(label="Result"),
    title="Quota-aware client",
    api_name="render",
)

if __name__ == "__main__":
    demo.launch()

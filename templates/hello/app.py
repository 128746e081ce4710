"""The smallest Space that uses ZeroGPU: no model to download, and a GPU all the same."""

import gradio as gr
import spaces
import torch

# Models go to "cuda" at import. On ZeroGPU no GPU is attached yet: the tensors are packed, and each
# worker gets them on its GPU when a call begins.
weights = torch.linspace(0.0, 1.0, 512 * 512).reshape(512, 512).to("cuda")


# A short declared duration admits more visitors and ranks higher in the queue than the default 60 s.
@spaces.GPU(duration=15)
def greet(name: str, steps: int = 20) -> str:
    """Greets a visitor after `steps` matrix products on the GPU."""
    vector = torch.ones(512, device="cuda")
    for _ in range(int(steps)):
        vector = torch.nn.functional.normalize(weights @ vector, dim=0)
    # Results are pickled on their way back to the app: hand over numbers, never CUDA tensors.
    value = vector.max().item()
    return f"Hello {name}! {int(steps)} products on {weights.device}: {value:.4f}"


demo = gr.Interface(
    fn=greet,
    inputs=[gr.Textbox("world", label="Name"), gr.Slider(1, 200, value=20, step=1, label="Steps")],
    outputs=gr.Textbox(label="Answer"),
    title="Hello ZeroGPU",
    api_name="greet",
)

if __name__ == "__main__":
    demo.launch()

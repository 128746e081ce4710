"""A Space with tests: see tests/test_app.py, and .github/workflows/zerogpu.yml once it is there."""

import gradio as gr
import spaces
import torch

weights = torch.linspace(0.0, 1.0, 256 * 256).reshape(256, 256).to("cuda")


def check_name(name: str) -> str:
    """Needs no GPU, so that tests of it are quick, and visitors are refused before they wait."""
    name = name.strip()
    if not name:
        raise gr.Error("Say who you are.")
    return name


@spaces.GPU(duration=10)
def score(name: str) -> float:
    """A number for a name, from the GPU."""
    letters = torch.tensor([float(ord(letter)) for letter in name], device="cuda")
    return round((weights[: len(name), 0] * letters).sum().item(), 4)


# zerogpu: ignore ZG309 that an anonymous visitor is refused is what a test wants to see
@spaces.GPU(duration=180)
def study(name: str) -> float:
    """Declares more than an anonymous visitor has in a day: tests/test_app.py sees the refusal."""
    return score(name)


def quick(name: str) -> float:
    """What the first button calls."""
    return score(check_name(name))


def thorough(name: str) -> float:
    """What the second button calls."""
    return study(check_name(name))


with gr.Blocks(title="Tested") as demo:
    name = gr.Textbox("Ada", label="Name")
    number = gr.Number(label="Score")
    gr.Button("Quick").click(quick, name, number, api_name="quick")
    gr.Button("Thorough").click(thorough, name, number, api_name="thorough")

if __name__ == "__main__":
    demo.launch()

"""Text to image with a diffusion pipeline."""

import os
import random

import gradio as gr
import spaces
import torch
from diffusers import AutoPipelineForText2Image
from PIL import Image

import tiny

# "tiny" is a pipeline of random weights that is made here: nothing is downloaded, and it paints noise.
# Any text-to-image id of the Hub gives the real thing: MODEL=stabilityai/sdxl-turbo
MODEL = os.environ.get("MODEL", "tiny")
SIDE = 32 if MODEL == "tiny" else 1024
LARGEST_SEED = 2**31 - 1

# At import, not in the GPU function: loading must not be paid with the visitor's GPU seconds.
# There is no need for enable_model_cpu_offload() or the like either: each call has a whole slice.
if MODEL == "tiny":
    pipeline = tiny.make_pipeline()
else:
    pipeline = AutoPipelineForText2Image.from_pretrained(MODEL, torch_dtype=torch.bfloat16)
pipeline.to("cuda")


@spaces.GPU(duration=30)
def render(
    prompt: str,
    seed: int,
    steps: int,
    progress: gr.Progress = gr.Progress(track_tqdm=True),  # the pipeline's own bar, in the page
) -> Image.Image:
    """Paints one image. What comes back is pickled: a PIL image travels well, a CUDA tensor does not."""
    generator = torch.Generator("cuda").manual_seed(int(seed))
    result = pipeline(
        prompt,
        num_inference_steps=int(steps),
        generator=generator,
        width=SIDE,
        height=SIDE,
    )
    return result.images[0]


def paint(prompt: str, seed: int, is_seed_random: bool, steps: int) -> tuple[Image.Image, int]:
    """What the button calls: everything that needs no GPU stays outside the GPU function."""
    if not prompt.strip():
        raise gr.Error("Say what to paint.")
    used_seed = random.randint(0, LARGEST_SEED) if is_seed_random else int(seed)
    return render(prompt, used_seed, steps), used_seed


with gr.Blocks(title="Image generation") as demo:
    gr.Markdown(f"# Image generation\nModel: {MODEL}")
    prompt = gr.Textbox("a lighthouse in the fog", label="Prompt")
    with gr.Row():
        seed = gr.Slider(0, LARGEST_SEED, value=0, step=1, label="Seed")
        is_seed_random = gr.Checkbox(True, label="Another one each time")
        steps = gr.Slider(1, 50, value=4, step=1, label="Steps")
    button = gr.Button("Paint", variant="primary")
    image = gr.Image(label="Image", format="png")
    button.click(paint, [prompt, seed, is_seed_random, steps], [image, seed], api_name="paint")

if __name__ == "__main__":
    demo.launch()

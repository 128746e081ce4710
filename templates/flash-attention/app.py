"""FlashAttention-3 where the GPU has it, PyTorch's own attention elsewhere.

Its kernels are written for Hopper (H200, H100). They come compiled, by way of the `kernels` package:
there is no nvcc when a Space is built, so `flash-attn` in requirements.txt would fail to compile.
"""

import os

import gradio as gr
import spaces
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import tiny

# "tiny" is made here, of random weights: MODEL=Qwen/Qwen3-8B is a model that gains from it.
MODEL = os.environ.get("MODEL", "tiny")
# "auto", or the name of one implementation: ATTENTION=sdpa
ATTENTION = os.environ.get("ATTENTION", "auto")
FLASH_ATTENTION_3 = "kernels-community/flash-attn3"
HOPPER = 9


def load_model(attention: str):
    """Loads the model with one implementation of attention, for bfloat16 as the kernels want it."""
    if MODEL == "tiny":
        model = tiny.make_model().to(torch.bfloat16)
        model.set_attn_implementation(attention)
        return model
    return AutoModelForCausalLM.from_pretrained(
        MODEL, dtype=torch.bfloat16, attn_implementation=attention
    )


def load_fastest() -> tuple[str, torch.nn.Module]:
    """The first implementation that works here.

    The GPU's generation can be asked at import. On another generation the kernels load and then fail
    in the call ("no kernel image is available"), so it has to be asked, not only tried.
    """
    major, _minor = torch.cuda.get_device_capability()
    if ATTENTION != "auto":
        return ATTENTION, load_model(ATTENTION)
    if major == HOPPER:
        try:
            return FLASH_ATTENTION_3, load_model(FLASH_ATTENTION_3)
        except Exception as error:
            # No `kernels` package, no build for this PyTorch, no way to the Hub: said, not hidden.
            print(f"FlashAttention-3 is not used: {type(error).__name__}: {error}")
    return "sdpa", load_model("sdpa")


tokenizer = tiny.make_tokenizer() if MODEL == "tiny" else AutoTokenizer.from_pretrained(MODEL)
attention, model = load_fastest()
model.to("cuda")


@spaces.GPU(duration=30)
def complete(prompt: str, tokens: int) -> tuple[str, str]:
    """Continues a text; long prompts are where attention takes the time."""
    inputs = tokenizer(prompt, return_tensors="pt", return_token_type_ids=False).to("cuda")
    with torch.inference_mode():
        output = model.generate(**inputs, max_new_tokens=int(tokens), do_sample=False)
    return tokenizer.decode(output[0], skip_special_tokens=True), attention


demo = gr.Interface(
    complete,
    [
        gr.Textbox("Once upon a time", lines=4, label="Prompt"),
        gr.Slider(8, 256, value=64, step=8, label="Tokens"),
    ],
    [gr.Textbox(label="Text"), gr.Textbox(label="Attention")],
    title="FlashAttention-3",
    api_name="complete",
)

if __name__ == "__main__":
    demo.launch()

"""A chat that streams: `generate` in a thread, a streamer in between, one GPU for the whole answer."""

import os
from collections.abc import Iterator
from threading import Thread

import gradio as gr
import spaces
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, TextIteratorStreamer

import tiny

# "tiny" is a model of random weights that is made here: nothing is downloaded, and it talks nonsense.
# Any id of the Hub gives the real thing: MODEL=HuggingFaceTB/SmolLM2-1.7B-Instruct
MODEL = os.environ.get("MODEL", "tiny")
LONGEST_ANSWER_TOKENS = 512

# Models are loaded when the app starts, and moved to "cuda" at once. No GPU is attached yet: ZeroGPU
# keeps the weights packed and brings them to the GPU when a call begins. A model that is loaded inside
# the GPU function would be loaded on the visitor's GPU seconds, again for every cold worker.
if MODEL == "tiny":
    tokenizer, model = tiny.make_tokenizer(), tiny.make_model()
else:
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    model = AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.bfloat16)
model.to("cuda")


# The declared duration is what a visitor must have left, and shorter ones come first in the queue.
# `zerogpu run` prints at its end what was really used: declare that, with some room.
@spaces.GPU(duration=30)
def answer(message: str, history: list, tokens: int = 128) -> Iterator[str]:
    """Streams the answer as it grows. A generator holds its GPU from the first word to the last."""
    messages = [*map(plain_message, history), {"role": "user", "content": message}]
    inputs = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    ).to("cuda")
    # With a time-out, an error inside the thread ends the call instead of holding the GPU.
    streamer = TextIteratorStreamer(
        tokenizer, skip_prompt=True, skip_special_tokens=True, timeout=30
    )
    settings = {
        **inputs,
        "streamer": streamer,
        "max_new_tokens": min(int(tokens), LONGEST_ANSWER_TOKENS),
        "do_sample": True,
        "temperature": 0.7,
    }
    thread = Thread(target=model.generate, kwargs=settings)
    thread.start()
    text = ""
    for part in streamer:
        text += part
        yield text
    # Nothing may go on after the last yield: the GPU is somebody else's by then.
    thread.join()


def plain_message(message: dict) -> dict:
    """A message of Gradio as chat templates take it: text parts joined, files left out."""
    content = message["content"]
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content if part.get("type") == "text")
    return {"role": message["role"], "content": content}


demo = gr.ChatInterface(
    answer,
    additional_inputs=[
        gr.Slider(8, LONGEST_ANSWER_TOKENS, value=128, step=8, label="Longest answer in tokens")
    ],
    title="Chat",
    description=f"Model: {MODEL}",
    api_name="chat",
)

if __name__ == "__main__":
    demo.launch()

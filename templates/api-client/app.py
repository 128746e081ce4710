"""Calls the GPU of another Space for a visitor, on that visitor's own quota.

ZeroGPU knows a visitor by the token in the header `X-IP-Token`, which comes with every request. A call
to another Space that leaves it out is made by this Space's server: all visitors together then spend
the little quota of one anonymous address, and soon read "Space app has reached its GPU limit".
"""

import os

import gradio as gr
import spaces
import torch
from gradio_client import Client
from gradio_client.exceptions import AppError

# "self" is this Space itself, so that it runs offline. Any other Space: UPSTREAM=owner/name
UPSTREAM = os.environ.get("UPSTREAM", "self")
ENDPOINT = os.environ.get("ENDPOINT", "/count")
TOKEN_HEADER = "x-ip-token"

numbers = torch.arange(1024.0).to("cuda")


@spaces.GPU(duration=10)
def count(text: str) -> str:
    """A GPU function of this Space's own: one is needed for a Space to be given ZeroGPU."""
    return f"{len(text)} letters, and {numbers[: len(text)].sum().item():.0f} in total"


def upstream() -> str:
    """The Space to call, or this one's own address."""
    if UPSTREAM != "self":
        return UPSTREAM
    return f"http://127.0.0.1:{os.environ.get('GRADIO_SERVER_PORT', '7860')}"


def ask(text: str, request: gr.Request) -> str:
    """Makes the call as the visitor who asked. Not decorated: this function needs no GPU."""
    token = request.headers.get(TOKEN_HEADER)
    headers = {TOKEN_HEADER: token} if token else {}
    # A client for each visitor: one that is shared would carry the token of whoever came first. The
    # token expires after a while, so that it must not be kept for later either.
    client = Client(upstream(), headers=headers, verbose=False)
    try:
        return client.predict(text, api_name=ENDPOINT)
    except AppError as error:
        # The other Space's refusal (no quota left, say) is what the visitor has to read.
        raise gr.Error(str(error), title=getattr(error, "title", None) or "Upstream") from error
    finally:
        client.close()


with gr.Blocks(title="API client") as demo:
    gr.Markdown(f"# API client\nThe GPU is that of: {UPSTREAM}")
    text = gr.Textbox("Hello", label="Text")
    button = gr.Button("Ask", variant="primary")
    answer = gr.Textbox(label="Answer")
    button.click(ask, text, answer, api_name="ask")
    gr.api(count, api_name="count")

if __name__ == "__main__":
    demo.launch()

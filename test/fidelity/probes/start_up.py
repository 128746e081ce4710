"""Which apps send a start-up report. `start_up_reports()` counts those that the device API has seen."""
# prelude: import spaces, torch
# prelude: import gradio as gr

# probe: launch-decorated
@spaces.GPU
def run(text):
    return text
gr.Interface(run, "text", "text").launch(prevent_thread_lock=True, quiet=True)
start_up_reports()

# probe: launch-call-form
@spaces.GPU(duration=15)
def run(text):
    return text
with gr.Blocks() as demo:
    gr.Button().click(run)
demo.queue().launch(prevent_thread_lock=True, quiet=True)
start_up_reports()

# probe: launch-nothing-decorated
gr.Interface(lambda text: text, "text", "text").launch(prevent_thread_lock=True, quiet=True)
start_up_reports()

# probe: launch-chat-interface
@spaces.GPU
def run(message, history):
    return message
gr.ChatInterface(run).launch(prevent_thread_lock=True, quiet=True)
start_up_reports()

# probe: launch-decorated-but-unused
@spaces.GPU
def run(text):
    return text
gr.Interface(lambda text: text, "text", "text").launch(prevent_thread_lock=True, quiet=True)
start_up_reports()

# probe: launch-two-apps
@spaces.GPU
def run(text):
    return text
gr.Interface(run, "text", "text").launch(prevent_thread_lock=True, quiet=True)
gr.Interface(run, "text", "text").launch(prevent_thread_lock=True, quiet=True)
start_up_reports()

# probe: launch-then-decorate
gr.Interface(lambda text: text, "text", "text").launch(prevent_thread_lock=True, quiet=True)
spaces.GPU(lambda: 1)
start_up_reports()

# probe: decorate-per-request
def run(text):
    @spaces.GPU
    def inner(text):
        return text
    return inner(text)
gr.Interface(run, "text", "text").launch(prevent_thread_lock=True, quiet=True)
start_up_reports()

# probe: decorate-method
class Painter:
    @spaces.GPU
    def draw(self, text):
        return text
gr.Interface(Painter().draw, "text", "text").launch(prevent_thread_lock=True, quiet=True)
start_up_reports()

# probe: mount
from fastapi import FastAPI
@spaces.GPU
def run(text):
    return text
gr.mount_gradio_app(FastAPI(), gr.Interface(run, "text", "text"), path="/")
start_up_reports()

# probe: mount-with-startup
from fastapi import FastAPI
@spaces.GPU
def run(text):
    return text
gr.mount_gradio_app(FastAPI(), gr.Interface(run, "text", "text"), path="/")
from spaces import zero
zero.startup()
start_up_reports()

# probe: startup-nothing-decorated
from spaces import zero
zero.startup()
start_up_reports()

# probe: startup-size
from spaces import zero
weight = torch.ones(1000, device="cuda")
spaces.GPU(lambda: 1)
zero.startup()
(start_up_reports(), zero.torch.size())

# probe: launch-packs
weight = torch.ones(2, device="cuda")
spaces.GPU(lambda: 1)
gr.Interface(lambda text: text, "text", "text").launch(prevent_thread_lock=True, quiet=True)
weight.sum()

# probe: coroutine
@spaces.GPU
async def run(text):
    return text

# probe: unknown-argument
spaces.GPU(sized="large")(lambda: 1)

# probe: positional-duration
spaces.GPU(45)(lambda: 1).__name__

# probe: decorated-marker
hasattr(spaces.GPU(lambda: 1), "zerogpu")

# probe: call-before-launch
@spaces.GPU
def run(text):
    return text
run("a")

# probe: default-size
from spaces import zero
str(zero.default_gpu_size())

# probe: gpu-twice
function = lambda: 1
spaces.GPU(function) is spaces.GPU(function)

# probe: generator-function
@spaces.GPU
def run(text):
    yield text
next(run("a"))
